import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { projectRunners } from "../../model/python.ts";
import { childEnvironment } from "../../process/environment.ts";
import type { Finding } from "../../report/doctor.ts";
import { size } from "../../numbers.ts";

/** Milliseconds: right after an install the first import of torch takes most of a minute. */
const IMPORT_MS = 120_000;

/** Prints the version of Python and of every package, then what torch sees, each as a line of JSON. */
const PROGRAM = `
import json, platform
from importlib.metadata import distributions
packages = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions()}
print(json.dumps({"python": platform.python_version(), "packages": packages}), flush=True)
import torch
gpus = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
print(json.dumps({"cuda": torch.version.cuda, "gpus": [{"name": g.name, "memory": g.total_memory} for g in gpus]}))
`;

interface Environment {
  readonly python: string;
  readonly packages: Readonly<Record<string, string>>;
}
interface Devices {
  readonly cuda: string | null;
  readonly gpus: readonly { readonly name: string; readonly memory: number }[];
}

/** Python, the runners' packages against their lock, torch and the devices that it sees. */
export async function pythonFindings(): Promise<Finding[]> {
  const { python, cwd, env } = projectRunners();
  if (!existsSync(python)) {
    return [
      { what: "python", ok: false, found: `${python} is not there`, todo: "make setup (simulated runs need none)" },
    ];
  }
  // As the runners are started: what the shell sets for other programs is not what they will meet.
  const own = { cwd, env: { ...childEnvironment(), ...env }, extendEnv: false };
  const { stdout, stderr } = await execa(python, ["-c", PROGRAM], { ...own, reject: false, timeout: IMPORT_MS });
  const [environment, devices] = stdout.split("\n");
  if (!environment)
    return [{ what: "python", ok: false, found: lastLine(stderr) || "does not answer", todo: "make setup" }];
  const { python: version, packages } = JSON.parse(environment) as Environment;
  return [
    { what: "python", ok: true, found: version },
    packagesFinding(packages, join(cwd, "envs")),
    ...(devices ? deviceFindings(packages["torch"] ?? "?", JSON.parse(devices) as Devices) : [torchMissing(stderr)]),
  ];
}

function packagesFinding(packages: Environment["packages"], envs: string): Finding {
  const locked = lockedVersions(readFileSync(join(envs, "runners.lock"), "utf8"));
  const wanted = namesIn(readFileSync(join(envs, "runners.in"), "utf8"));
  const wrong = wanted.filter((name) => !locked.get(name)?.has(packages[name] ?? ""));
  const [first] = wrong;
  if (first === undefined) return { what: "runners", ok: true, found: `${wanted.length} packages, as locked` };
  const more = wrong.length > 1 ? `, and ${wrong.length - 1} more` : "";
  const found = `${first} is ${packages[first] ?? "not there"} instead of ${[...(locked.get(first) ?? [])].join(" or ")}${more}`;
  return { what: "runners", ok: false, found, todo: "make setup" };
}

/** Of every package the versions that the lock allows: several, where they differ between Pythons. */
export function lockedVersions(lock: string): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const [, name = "", version = ""] of lock.matchAll(/^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)/gm)) {
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return versions;
}

/** The names in a list of requirements. */
export function namesIn(requirements: string): string[] {
  return [...new Set([...requirements.matchAll(/^([a-z0-9][a-z0-9._-]*)/gm)].map(([, name = ""]) => name))];
}

function deviceFindings(torch: string, { cuda, gpus }: Devices): Finding[] {
  const seen = gpus.map(({ name, memory }, index) => `${index}: ${name}, ${size(memory)}`);
  return [
    { what: "torch", ok: true, found: `${torch}, ${cuda === null ? "without CUDA" : `CUDA ${cuda}`}` },
    {
      what: "devices",
      ok: true,
      found: seen.length > 0 ? seen.join(" · ") : "no GPU that torch sees: models run on the CPU",
    },
  ];
}

function torchMissing(stderr: string): Finding {
  return { what: "torch", ok: false, found: lastLine(stderr) || "does not answer", todo: "make setup" };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
