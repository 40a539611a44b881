/* <copy-text for="id">: a button that copies what the element says, and tells that it did. */

class CopyText extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard) return;
    const button = document.createElement("button");
    const said = document.createElement("span");
    button.type = "button";
    button.className = "btn btn-quiet btn-sm";
    button.textContent = "Copy";
    said.setAttribute("role", "status");
    said.className = "hint";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(this.getAttribute("for")).textContent.trim());
      said.textContent = "Copied";
    });
    this.append(button, " ", said);
  }
}

customElements.define("copy-text", CopyText);
