import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { namesIn } from "../src/artifact/disk.ts";
import { linkFile } from "../src/artifact/link-folder.ts";
import { EVENT_FILE, eventFile } from "../src/run/event-file.ts";
import { LOG, readLog } from "../src/run/logs.ts";

/**
 * Shows how a training went: its log, and the same for TensorBoard. The event file is made of the artifact's log, which
 * a training that was killed goes on with, so that no step is in it twice; it has a time, so it is no part of the
 * artifact. Nothing for a checkpoint that no training made.
 * @param made the training's artifact
 * @param folder of the part of the run that it belongs to
 */
export async function showTraining(made: string, folder: string): Promise<void> {
  if (!(await namesIn(made)).includes(LOG)) return;
  const log = join(made, LOG);
  await linkFile(log, join(folder, LOG));
  const { mtimeMs } = await stat(log);
  await writeFile(join(folder, EVENT_FILE), eventFile(await readLog(log), Math.floor(mtimeMs / 1000)));
}
