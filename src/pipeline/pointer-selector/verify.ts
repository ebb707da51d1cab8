import { join } from "node:path";
import { readAllJsonLines } from "../../artifact/files.ts";
import { namesIn } from "../../artifact/disk.ts";
import type { ArtifactStore } from "../../artifact/store.ts";
import { vqaAccuracy } from "../../benchmark/vqa.ts";
import type { Check } from "../pipeline.ts";
import type { JudgedAnswer } from "./answers.ts";

/**
 * Judges every answer that the run folder shows again.
 * @param folder absolute path of the run folder
 */
export async function* verifySelector(_store: ArtifactStore, folder: string): AsyncGenerator<Check> {
  const names = await namesIn(join(folder, "answers"));
  if (names.length === 0) yield { what: "answers: not there yet, the run has not come so far" };
  for (const name of [...names].toSorted()) {
    const rows = await readAllJsonLines<JudgedAnswer>(join(folder, "answers", name));
    const wrong = rows.find(
      ({ text, people, accuracy }) => text !== null && Math.abs(vqaAccuracy(text, people) - accuracy!) > Number.EPSILON,
    );
    const what = `answers/${name}: ${rows.length} verdicts`;
    yield wrong ? { what, problem: `The answer to "${wrong.id}" has another accuracy than is written.` } : { what };
  }
}
