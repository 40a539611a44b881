/* What was tapped in the mail is sent as the page opens; without this its button does it. */
document.querySelector("form[data-sends-itself]")?.requestSubmit();
