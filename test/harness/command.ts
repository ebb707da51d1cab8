import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { vi } from "vitest";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { type Change, PROJECT, simulatedRecipe } from "./world.ts";

/** The command line, as a person in another folder types it. */
export function snowball(root: string, ...args: string[]) {
  return snowballWith({}, root, ...args);
}

/** The same, with more in its environment. */
export function snowballWith(env: NodeJS.ProcessEnv, root: string, ...args: string[]) {
  return execa(join(PROJECT, "bin/snowball"), args, {
    cwd: root,
    env: { SNOWBALL_ROOT: root, HOME: root, ...env },
    reject: false,
    all: true,
  });
}
export type Command = ReturnType<typeof snowball>;

/** Waits until the command has printed the text; everything that it printed so far. */
export async function printed(command: Command, text: string | RegExp, timeout = 60_000): Promise<string> {
  let output = "";
  command.all.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const found = (): boolean => (typeof text === "string" ? output.includes(text) : text.test(output));
  await vi.waitUntil(found, { timeout, interval: 50 }).catch((cause: unknown) => {
    throw new Error(`Not printed: ${text}\nbut:\n${output}`, { cause });
  });
  return output;
}

/** Writes a simulated recipe into the root; its file name. */
export function writeRecipe(root: string, name: string, change: Change<Recipe> = {}): string {
  const file = join(root, `${name}.json`);
  writeFileSync(file, JSON.stringify(simulatedRecipe(name, change)));
  return file;
}

/** Slow enough to be interrupted, quick enough to wait for. */
export const UNHURRIED: Change<Recipe> = {
  loop: { num_iterations: 2 },
  data: { max_samples: 8, held_out: { val: 2, test: 2 } },
  simulate: { latency_ms: { rollout: 200, imagine: 200, score: 200, train: 3_000 } },
};
