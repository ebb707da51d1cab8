import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { PROJECT } from "./world.ts";

/** A project as a user of the package has it: tsc is strict there, and nothing is installed but what it asked for. */
export interface Consumer {
  readonly folder: string;
  /** Where the package lies, unpacked. */
  readonly installed: string;
  write(name: string, text: string): void;
  /** What the compiler has against the programs that were written, and against the package's own types. */
  typeErrors(): Promise<string[]>;
  /** Runs a program; what it printed. */
  run(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string>;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

const STRICT = {
  module: "nodenext",
  target: "es2024",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  types: ["node"],
};

/** Packs the project, and installs the package and what it depends on in a new folder, without a registry. */
export async function packedConsumer(): Promise<Consumer> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "consumer-")));
  const modules = join(folder, "node_modules");
  const installed = join(modules, "snowball");
  mkdirSync(installed, { recursive: true });
  await execa(join(PROJECT, "scripts/pack.sh"), [folder]);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  await execa("tar", ["-xzf", join(folder, tarball), "-C", installed, "--strip-components=1"]);
  const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Manifest;
  for (const name of [...Object.keys(dependencies), "@types/node"]) link(name, modules);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write("package.json", JSON.stringify({ name: "consumer", type: "module", private: true }));
  write("tsconfig.json", JSON.stringify({ compilerOptions: STRICT }));
  return {
    folder,
    installed,
    write,
    async typeErrors() {
      const tsc = join(PROJECT, "node_modules/.bin/tsc");
      const { stdout } = await execa(tsc, ["-p", folder, "--pretty", "false"], { cwd: folder, reject: false });
      // Temporal's types are not clean without skipLibCheck, which would hide our own.
      return stdout
        .split("\n")
        .filter((line) => /^\S+\(\d+,\d+\): error/.test(line) && !line.includes("/@temporalio/"));
    },
    async run(name, args, env) {
      const { stdout } = await execa(process.execPath, [join(folder, name), ...args], { cwd: folder, env });
      return stdout;
    },
  };
}

/** As npm would install it, but for the copy. */
function link(name: string, modules: string): void {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  symlinkSync(join(PROJECT, "node_modules", name), join(modules, name));
}
