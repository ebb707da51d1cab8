// What moves in a report: pictures from the album, cards that are chosen and sorted, a slider over steps. Plain DOM.
const album = JSON.parse(document.querySelector("#album")?.textContent ?? "[]");

/** Pictures are put in when their card is shown: a browser need not decode all of them at once. */
function showPictures(within) {
  for (const image of within.querySelectorAll("img[data-picture]")) {
    image.src = album[Number(image.dataset.picture)];
    delete image.dataset.picture;
  }
}

function cards(room) {
  const form = room.querySelector("form.controls");
  const list = room.querySelector(".list");
  const more = room.querySelector(".more");
  const said = form.querySelector("output");
  const all = [...list.children].map((card) => ({
    card,
    facts: JSON.parse(card.dataset.facts),
    words: card.textContent.toLowerCase(),
  }));
  const page = Number(room.dataset.page);
  let shown = page;

  function chosen() {
    const asked = new FormData(form);
    const words = asked.get("words").toLowerCase();
    const [order, way] = asked.get("order").split(" ");
    const wanted = [...asked].filter(([name, value]) => value !== "" && name !== "words" && name !== "order");
    return all
      .filter((each) => wanted.every(([name, value]) => String(each.facts[name]) === value))
      .filter((each) => each.words.includes(words))
      .toSorted((a, b) => (way === "up" ? 1 : -1) * compare(a.facts[order], b.facts[order]));
  }

  function show() {
    const found = chosen();
    for (const { card } of all) card.hidden = true;
    for (const { card } of found.slice(0, shown)) {
      card.hidden = false;
      list.append(card);
      showPictures(card);
    }
    more.hidden = found.length <= shown;
    const some = Math.min(shown, found.length);
    said.textContent = `${some} shown of ${found.length} ${room.dataset.noun}${found.length === 1 ? "" : "s"}`;
  }

  form.addEventListener("input", () => {
    shown = page;
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => {
    shown += page;
    show();
  });
  show();
}

function compare(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

/** Steps after the one that the slider names are not to be seen yet. */
function slider(room) {
  const input = room.querySelector("input[type=range]");
  const said = room.querySelector("output");
  const labels = JSON.parse(room.dataset.labels);
  const steps = document.querySelectorAll(`#${room.dataset.for} .step`);

  function show() {
    const now = Number(input.value);
    for (const step of steps) {
      const at = Number(step.dataset.step);
      step.classList.toggle("now", at === now);
      step.classList.toggle("later", at > now);
    }
    said.textContent = labels[now];
    input.setAttribute("aria-valuetext", labels[now]);
  }

  input.addEventListener("input", show);
  show();
}

document.querySelectorAll(".cards").forEach(cards);
document.querySelectorAll(".slider").forEach(slider);
showPictures(document);
