/**
 * What is it worth to ask always for the same view? Share of questions that it answers, by family.
 *
 *     node demo/world/constant-views.ts [--questions 620] [--seed toy-world]
 *
 * The best row is the floor that a policy must beat before anyone says that it has learned to look at the question.
 */
import { parseArgs } from "node:util";
import { CAMERAS } from "../../src/model/image/scene/camera.ts";
import { draw } from "../../src/model/image/scene/draw.ts";
import { visiblePixels } from "../../src/model/image/scene/raycast.ts";
import { SIDE, generate } from "./generate.ts";
import { FAMILIES } from "./words.ts";

const VISIBLE_PIXELS = 30;

const { values } = parseArgs({
  options: { questions: { type: "string", default: "620" }, seed: { type: "string", default: "toy-world" } },
});
const count = Number(values.questions);

const shown = new Map<string, number>();
const asked = new Map<string, number>();
for (let index = 0; index < count; index += 1) {
  const { scene, family, things, firstThing } = generate(values.seed, index);
  asked.set(family, (asked.get(family) ?? 0) + 1);
  for (const camera of CAMERAS) {
    const picture = draw({ ...scene, targets: {} }, { kind: "camera", camera }, SIDE, SIDE);
    const key = `${camera}/${family}`;
    if (visiblePixels(picture, firstThing + things.length - 1) >= VISIBLE_PIXELS)
      shown.set(key, (shown.get(key) ?? 0) + 1);
  }
}

const share = (part: number, whole: number): string => (part / whole).toFixed(2).padStart(8);
process.stdout.write(`${"".padEnd(8)}${FAMILIES.map((family) => family.padStart(8)).join("")}${"all".padStart(8)}\n`);
for (const camera of CAMERAS) {
  const found = FAMILIES.map((family) => shown.get(`${camera}/${family}`) ?? 0);
  const cells = FAMILIES.map((family, i) => share(found[i]!, asked.get(family) ?? 1));
  const all = found.reduce((sum, n) => sum + n, 0);
  process.stdout.write(`${camera.padEnd(8)}${cells.join("")}${share(all, count)}\n`);
}
