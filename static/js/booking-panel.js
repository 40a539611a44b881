/* The booking panel: <qty-stepper> adds buttons to the number, <qty-total> keeps the exact amount and the
   cancellation note in step with the choice, <panel-reminder> shows while the panel is out of view. */

class QtyStepper extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const [fewer, more] = this.querySelectorAll("button");
    const step = (by) => {
      const wanted = (Number.parseInt(input.value, 10) || 0) + by;
      input.value = String(Math.min(Math.max(wanted, Number(input.min)), Number(input.max)));
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    fewer.hidden = more.hidden = false;
    fewer.addEventListener("click", () => step(-1));
    more.addEventListener("click", () => step(1));
  }
}

class QtyTotal extends HTMLElement {
  connectedCallback() {
    this.total = this.querySelector("[data-total]");
    this.note = this.querySelector("[data-cancellation]");
    this.addEventListener("input", () => this.show());
    this.show();
  }

  show() {
    const places = Number.parseInt(this.querySelector("[name=places]").value, 10);
    const chosen = this.querySelector("[name=session]:checked");
    const known = chosen && places > 0;
    this.total.textContent = known ? ` · ${pounds(places * Number(this.getAttribute("price")))}` : "";
    if (chosen) this.note.replaceChildren(...withDates(chosen.dataset.note));
  }
}

class PanelReminder extends HTMLElement {
  connectedCallback() {
    const panel = document.getElementById("book");
    this.watcher = new IntersectionObserver(([entry]) => { this.hidden = entry.isIntersecting; });
    this.watcher.observe(panel);
  }

  disconnectedCallback() {
    this.watcher.disconnect();
  }
}

/* The sentence with its dates marked, as the server writes them. */
function withDates(words) {
  return words.split(/((?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day [0-9]{1,2} [A-Z][a-z]+)/).map((part, index) => {
    if (index % 2 === 0) return part;
    const date = document.createElement("strong");
    date.textContent = part;
    return date;
  });
}

function pounds(pence) {
  return (pence / 100).toLocaleString("en-GB", { style: "currency", currency: "GBP" });
}

customElements.define("qty-stepper", QtyStepper);
customElements.define("qty-total", QtyTotal);
customElements.define("panel-reminder", PanelReminder);
document.getElementById("problems")?.focus();
