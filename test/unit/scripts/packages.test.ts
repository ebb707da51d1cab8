import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/temporary.ts";

const PROJECT = join(import.meta.dirname, "../../..");

test("set-up installs optional packages, which hold the native parts, whatever the user's npm leaves out", () => {
  const project = temporaryFolder();
  cpSync(join(PROJECT, "scripts/setup"), join(project, "scripts/setup"), { recursive: true });
  mkdirSync(join(project, ".tools/log"), { recursive: true });
  for (const name of ["native", "tool"]) {
    mkdirSync(join(project, name));
    writeFileSync(join(project, name, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
  }
  const wanted = { optionalDependencies: { native: "file:native" }, devDependencies: { tool: "file:tool" } };
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", version: "1.0.0", ...wanted }));
  const npm = (script: string) =>
    execFileSync("sh", ["-euc", script], {
      cwd: project,
      env: { ...process.env, NODE_ENV: "production", npm_config_omit: "optional" },
      encoding: "utf8",
    });
  npm("npm install --package-lock-only --offline --loglevel=error >&2");
  npm(". scripts/setup/stage.sh; . scripts/setup/packages.sh");
  expect(existsSync(join(project, "node_modules/native"))).toBe(true);
  expect(existsSync(join(project, "node_modules/tool"))).toBe(true);
});
