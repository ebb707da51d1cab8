import { existsSync, readFileSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { PROJECT } from "../options.ts";
import type { Finding } from "../../report/doctor.ts";
import { size } from "../../numbers.ts";
import { freeBytes } from "../../run/free-space.ts";
import { stateFolderOf } from "../../temporal/embedded.ts";

/** What of a package.json is asked for. */
interface Package {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Node: the one that runs this, against what the packages need; and the packages, against their pins. */
export function nodeFindings(): Finding[] {
  const { engines, dependencies, devDependencies } = readPackage(PROJECT);
  const wanted = Number(/\d+/.exec(engines.node)?.[0]);
  const [major = 0] = process.versions.node.split(".").map(Number);
  const pinned = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => PIN.test(version));
  const wrong = pinned.filter(([name, version]) => installed(name) !== version);
  const [first] = wrong;
  return [
    {
      what: "node",
      ok: major >= wanted,
      found: process.versions.node,
      ...(major < wanted && { todo: `make setup (Node ${engines.node} is needed)` }),
    },
    {
      what: "packages",
      ok: first === undefined,
      found: first === undefined ? `${pinned.length}, as pinned` : mismatch(...first, wrong.length),
      ...(first && { todo: "make setup" }),
    },
  ];
}

const PIN = /^\d+\.\d+\.\d+$/;

function mismatch(name: string, version: string, count: number): string {
  const more = count > 1 ? `, and ${count - 1} more` : "";
  return `${name} is ${installed(name) ?? "not there"} instead of ${version}${more}`;
}

function installed(name: string): string | undefined {
  const folder = join(PROJECT, "node_modules", name);
  return existsSync(folder) ? readPackage(folder).version : undefined;
}

function readPackage(folder: string): Package {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Package;
}

/** Bytes: the packages of a first set-up and a demo run fit. */
const LITTLE_SPACE = 5e9;

/** Disk, CPU, and whether the state folder lies where SQLite's locks hold. */
export async function hostFindings(root: string): Promise<Finding[]> {
  const free = await freeBytes(stateFolderOf(root));
  const remote = remoteSystem(stateFolderOf(root));
  return [
    {
      what: "disk",
      ok: free >= LITTLE_SPACE,
      found: `${size(free)} free where ${root} lies`,
      ...(free < LITTLE_SPACE && { todo: "free some, or bin/snowball prune; bin/snowball plan says what a run takes" }),
    },
    { what: "cpu", ok: true, found: `${availableParallelism()} threads` },
    {
      what: "state folder",
      ok: remote === undefined,
      found: remote === undefined ? "on a local disk" : `${stateFolderOf(root)} lies on ${remote}`,
      ...(remote && {
        todo: "the embedded server needs a local disk: set TEMPORAL_ADDRESS to a server, or --root to a local folder",
      }),
    },
  ];
}

/** File systems that are not this host's own, by the number that statfs gives on Linux. */
const REMOTE: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0x517b: "SMB",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB2",
  0x01021997: "9p",
  0x0bd00bd0: "Lustre",
  0x47504653: "GPFS",
  0x00c36400: "CephFS",
  0x19830326: "BeeGFS",
  0x5346414f: "AFS",
};

function remoteSystem(folder: string): string | undefined {
  return existsSync(folder) ? REMOTE[statfsSync(folder).type] : remoteSystem(dirname(folder));
}
