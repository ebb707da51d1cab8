import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./durable.ts";
import { inspect } from "./inspect.ts";
import type { Layout } from "./layout.ts";
import { setAside } from "./set-aside.ts";
import { dropStamp } from "./stamp.ts";
import type { Verified } from "./store.ts";

/** Hashes artifacts one by one. One that is broken loses this host's stamp, so that no reader trusts it either. */
export async function* verifyArtifacts(
  layout: Layout,
  options: { setAside: boolean; keys?: readonly string[] },
): AsyncGenerator<Verified> {
  for (const key of options.keys ?? (await allKeys(layout))) {
    const checked = await inspect(layout.artifact(key), key, "bytes");
    if (typeof checked !== "string") {
      yield { key, bytes: checked.bytes };
      continue;
    }
    await dropStamp(layout.stamp(key));
    if (options.setAside) await setAside(layout, key, "bytes");
    yield { key, bytes: 0, problem: `${key}: ${checked}` };
  }
}

async function allKeys(layout: Layout): Promise<string[]> {
  try {
    const steps = await readdir(layout.artifacts);
    const keys = await Promise.all(steps.map((step) => readdir(join(layout.artifacts, step))));
    return keys.flat().toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
