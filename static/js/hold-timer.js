/* <hold-timer>: shows how long the places are held, says so at 5, 2 and 1 minutes, asks for more time without
   leaving the page, and when the time is over offers to hold them again: nothing that was typed is lost. */

const MARKS = [300, 120, 60];
const LOW_SECONDS = 120;

class HoldTimer extends HTMLElement {
  connectedCallback() {
    // The server says how long is left: this device's clock may be wrong.
    this.deadline = Date.now() + Number(this.getAttribute("seconds")) * 1000;
    this.ends = Date.parse(this.dataset.ends);
    this.whole = Number(this.getAttribute("whole"));
    this.status = this.querySelector("[role=status]");
    this.left = this.querySelector("[data-left]");
    this.bar = this.querySelector("rect");
    this.addEventListener("submit", (event) => this.ask(event));
    this.ticking = setInterval(() => this.tick(), 1000);
    this.last = this.seconds();
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.ticking);
  }

  seconds() {
    return Math.max(0, Math.round((this.deadline - Date.now()) / 1000));
  }

  tick() {
    const seconds = this.seconds();
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const shown = document.createElement("b");
    shown.textContent = clock;
    this.left.replaceChildren("for ", shown);
    this.bar.setAttribute("width", String(Math.min(100, (100 * seconds) / this.whole)));
    this.closest(".hold").classList.toggle("is-low", seconds < LOW_SECONDS);
    const passed = MARKS.find((mark) => this.last > mark && seconds <= mark);
    if (passed) this.say(`${passed / 60} ${passed === 60 ? "minute" : "minutes"} left`);
    this.last = seconds;
    if (seconds === 0 && !document.body.hasAttribute("data-paying")) this.end();
  }

  say(words) {
    this.status.textContent = words;
  }

  /* More time, or the same places again: by the API, so that the page and what is typed in it stay. */
  async ask(event) {
    event.preventDefault();
    const renewing = this.hasAttribute("ended");
    const button = event.target.querySelector("button");
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try {
      await this.longer(this.getAttribute(renewing ? "renewal" : "extension"), renewing);
    } catch {
      event.target.submit();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  }

  async longer(address, renewing) {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() },
      body: "{}",
    });
    const body = await answer.json();
    if (!answer.ok) {
      if (renewing) location.reload();
      else this.refused(body.detail);
      return;
    }
    const before = this.seconds();
    this.deadline += Date.parse(body.hold_expires_at) - this.ends;
    this.ends = Date.parse(body.hold_expires_at);
    this.last = this.seconds();
    if (renewing) this.resume();
    const gained = Math.round((this.last - before) / 60);
    this.say(`You have ${gained} more ${gained === 1 ? "minute" : "minutes"}`);
    this.tick();
  }

  refused(words) {
    this.say(words);
    const shown = document.createElement("span");
    shown.className = "hint";
    shown.textContent = words;
    this.querySelector("form").replaceChildren(shown);
  }

  end() {
    clearInterval(this.ticking);
    this.setAttribute("ended", "");
    const over = this.querySelector("template").content.cloneNode(true);
    over.querySelector("[data-ended]").textContent = clockTime(this.ends);
    this.live = this.querySelector(".wrap");
    this.live.replaceWith(over);
    this.say("Your places went back on sale. Everything you typed is kept.");
  }

  resume() {
    this.removeAttribute("ended");
    this.querySelector(".wrap").replaceWith(this.live);
    this.ticking = setInterval(() => this.tick(), 1000);
  }
}

/* 2.46pm, in the venues' time. */
function clockTime(moment) {
  const parts = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", hour12: true, timeZone: "Europe/London" }).formatToParts(moment);
  const part = (type) => parts.find((each) => each.type === type).value;
  return `${part("hour")}${part("minute") === "00" ? "" : `.${part("minute")}`}${part("dayPeriod")}`;
}

customElements.define("hold-timer", HoldTimer);
