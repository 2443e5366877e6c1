(() => {
  "use strict";
  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const sections = [...document.querySelectorAll("section.theme")];
  const cases = [...document.querySelectorAll("details.case")];
  const names = ["verdict", "theme", "text"];
  const words = new Map();

  const text = (one) => {
    if (!words.has(one)) words.set(one, one.firstElementChild.textContent.toLowerCase());
    return words.get(one);
  };

  function filter() {
    const [verdict, theme, sought] = names.map((name) => form.elements[name].value);
    const lower = sought.trim().toLowerCase();
    let count = 0;
    for (const one of cases) {
      const { verdict: its, theme: about } = one.dataset;
      const meant = (!verdict || its === verdict) && (!theme || about === theme) && (!lower || text(one).includes(lower));
      one.hidden = !meant;
      if (meant) count += 1;
    }
    for (const section of sections) section.hidden = !section.querySelector("details.case:not([hidden])");
    shown.value = `${count} of ${cases.length} cases shown`;
  }

  // The fragment says what is shown, so that a link leads to it: #verdict=fail&theme=claims.
  function remember() {
    const chosen = names.map((name) => [name, form.elements[name].value]).filter(([, value]) => value);
    history.replaceState(null, "", `#${new URLSearchParams(chosen)}`);
  }

  function follow() {
    const fragment = location.hash.slice(1);
    const one = cases.find((one) => one.id === fragment);
    const chosen = new URLSearchParams(one ? "" : fragment);
    if (!one && fragment && !names.some((name) => chosen.has(name))) return filter();
    for (const name of names) {
      form.elements[name].value = chosen.get(name) ?? "";
      // A word that the list does not know chooses everything.
      if (form.elements[name].selectedIndex === -1) form.elements[name].value = "";
    }
    filter();
    if (one) one.open = true;
    if (fragment) (one ?? form).scrollIntoView();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { filter(); remember(); });
  form.addEventListener("reset", () => setTimeout(() => { filter(); remember(); }));
  form.elements.open.addEventListener("click", () => {
    const meant = cases.filter((one) => !one.hidden);
    const open = !meant.every((one) => one.open);
    for (const one of meant) one.open = open;
  });
  addEventListener("hashchange", follow);
  form.hidden = false;
  follow();
})();
