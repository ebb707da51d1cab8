import { join } from "node:path";
import { stepOf } from "./key.ts";

/** Where things lie in a local store. */
export interface Layout {
  readonly artifacts: string;
  readonly scratch: string;
  /** The folder of a committed artifact. */
  readonly artifact: (key: string) => string;
  /** What was first committed under a key: survives the loss of the artifact itself. */
  readonly record: (key: string) => string;
  /** What this host has hashed. */
  readonly stamp: (key: string) => string;
  /** Where a broken artifact is moved to, to be looked at. */
  readonly corrupt: string;
}

export function layoutOf(root: string, host: string): Layout {
  return {
    artifacts: join(root, "artifacts"),
    scratch: join(root, "scratch"),
    artifact: (key) => join(root, "artifacts", stepOf(key), key),
    record: (key) => join(root, "committed", `${key}.json`),
    stamp: (key) => join(root, "checked", host, `${key}.json`),
    corrupt: join(root, "corrupt"),
  };
}
