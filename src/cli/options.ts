import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Option } from "commander";

/** This clone. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Folder that recipes' paths start from; results/ and the state folder lie in it. */
export function rootOption(): Option {
  return new Option("--root <folder>", "folder that the recipe's paths start from; results/ is written there")
    .env("SNOWBALL_ROOT")
    .default(resolve(PROJECT), "this clone")
    .argParser((folder) => resolve(folder));
}

export function jsonOption(): Option {
  return new Option("--json", "print JSON, for programs");
}
