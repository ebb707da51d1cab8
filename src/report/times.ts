import { count, type Row, share, type Table, tableLines } from "../contract/table.ts";
import { duration } from "../numbers.ts";
import type { StepTime } from "../run/times.ts";

/** What a report must know of an attempt of a step; in ms. */
export type TimedStep = Omit<StepTime, "step" | "attempt">;

/** Where time went on a queue, and on a device; in ms. */
export interface TimeSpent {
  readonly roles: readonly RoleTime[];
  readonly devices: readonly DeviceShare[];
}

export interface RoleTime {
  readonly role: string;
  readonly steps: number;
  readonly failed: number;
  /** Devices that it was seen on. */
  readonly devices: number;
  /** Summed over its steps, which overlap. */
  readonly queued: number;
  readonly waited: number;
  readonly loaded: number;
  readonly worked: number;
}

export interface DeviceShare {
  readonly device: string;
  /** A model was loaded on it or worked. */
  readonly busy: number;
  /** Of the time in which any step of the run was at work. */
  readonly share: number;
}

/** Sums the steps of a run by role and by device. */
export function timeSpent(steps: readonly TimedStep[]): TimeSpent {
  const roles = [...Map.groupBy(steps, ({ queue }) => roleOf(queue))].map(([role, own]) => ({
    role,
    steps: own.length,
    failed: own.filter(({ failed }) => failed).length,
    devices: new Set(own.flatMap(({ host, devices }) => devices.map((device) => `${host} ${device}`))).size,
    queued: sum(own, "queued"),
    waited: sum(own, "waited"),
    loaded: sum(own, "loaded"),
    // A step without a device works all of its time.
    worked: own.reduce((total, each) => total + (each.devices.length > 0 ? each.worked : each.took), 0),
  }));
  const under = underway(steps);
  const held = steps.flatMap((step) => step.devices.map((device) => ({ device: `${step.host} ${device}`, step })));
  const devices = [...Map.groupBy(held, ({ device }) => device)].map(([device, own]) => {
    const busy = own.reduce((total, { step }) => total + step.loaded + step.worked, 0);
    return { device, busy, share: under === 0 ? 0 : busy / under };
  });
  return { roles, devices: devices.toSorted((a, b) => a.device.localeCompare(b.device, "en", { numeric: true })) };
}

/** Time by role and by device, as tables; none where nothing was noted. */
export function timeTables(steps: readonly TimedStep[]): Table[] {
  if (steps.length === 0) return [];
  const { roles, devices } = timeSpent(steps);
  const byRole: Table = {
    title: "Where the time went",
    columns: [
      { name: "role", title: "role", kind: "text" },
      { name: "steps", title: "steps", kind: "count" },
      ...["worked", "loaded", "waited", "queued"].map((name) => ({
        name,
        title: TITLES[name]!,
        kind: "text" as const,
      })),
    ],
    rows: roles.map((each): Row => ({
      role: each.role,
      steps: each.steps,
      worked: duration(each.worked),
      loaded: duration(each.loaded),
      waited: duration(each.waited),
      queued: duration(each.queued),
    })),
    notes: [...bottleneck(roles), waitingCost(roles)],
  };
  if (devices.length === 0) return [byRole];
  const byDevice: Table = {
    title: "Devices",
    columns: [
      { name: "device", title: "device", kind: "text" },
      { name: "busy", title: "busy", kind: "text" },
      { name: "share", title: "share of the run", kind: "share" },
    ],
    rows: devices.map(({ device, busy, share: part }) => ({ device, busy: duration(busy), share: part })),
  };
  return [byRole, byDevice];
}

/** The same as lines, an empty one before each table. */
export function timeLines(steps: readonly TimedStep[]): string[] {
  return timeTables(steps).flatMap((table) => ["", ...tableLines(table)]);
}

const TITLES: Readonly<Record<string, string>> = {
  worked: "worked",
  loaded: "loaded models",
  waited: "waited for a device",
  queued: "waited for a worker",
};

/** The role that held each of its devices longest: more of them would help the run most. None where no device was. */
function bottleneck(roles: readonly RoleTime[]): string[] {
  const slowest = slowestRole(roles);
  if (slowest === undefined) return [];
  const { role, devices } = slowest;
  return [
    `The bottleneck is ${role}: ${duration(heldEach(slowest))} on ${devices === 1 ? "its device" : `each of its ${devices} devices`}.`,
  ];
}

function slowestRole(roles: readonly RoleTime[]): RoleTime | undefined {
  return roles.filter(({ devices }) => devices > 0).toSorted((a, b) => heldEach(b) - heldEach(a))[0];
}

function heldEach({ devices, loaded, worked }: RoleTime): number {
  return (loaded + worked) / devices;
}

/** From when to when, ms since the epoch. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Where the time of a part of a run went, as a file beside what it made. */
export interface PartTimes {
  /** It is worked on once, and again where a run starts anew. */
  readonly periods: readonly Period[];
  readonly bottleneck: string | null;
  readonly roles: readonly RoleTime[];
  readonly devices: readonly DeviceShare[];
}

/** Of the steps of a run, those that were asked for in these periods. */
export function partTimes(steps: readonly TimedStep[], periods: readonly Period[]): PartTimes {
  const own = steps.filter(({ scheduled, began }) =>
    periods.some(({ from, to }) => from <= (scheduled ?? began) && (scheduled ?? began) < to),
  );
  const { roles, devices } = timeSpent(own);
  return { periods, bottleneck: slowestRole(roles)?.role ?? null, roles, devices };
}

function waitingCost(roles: readonly RoleTime[]): string {
  const most = roles.toSorted((a, b) => b.waited + b.loaded - (a.waited + a.loaded))[0]!;
  const lost = most.waited + most.loaded;
  const failed = roles.reduce((total, each) => total + each.failed, 0);
  const again = failed === 0 ? "" : ` Of attempts that failed, which ${count(failed)} did, the time is in it.`;
  if (lost === 0) return `No step waited for a device.${again}`;
  const of = share(lost / (lost + most.worked));
  return `Sums over steps, which overlap. ${most.role} waited and loaded most: ${duration(lost)}, ${of} of its steps' time.${again}`;
}

function sum(steps: readonly TimedStep[], part: "queued" | "waited" | "loaded"): number {
  return steps.reduce((total, step) => total + step[part], 0);
}

/** Time in which at least one step was at work: nights between two starts of a run are none of it. */
function underway(steps: readonly TimedStep[]): number {
  let end = -Infinity;
  let total = 0;
  for (const { began, took } of steps.toSorted((a, b) => a.began - b.began)) {
    total += Math.max(0, began + took - Math.max(began, end));
    end = Math.max(end, began + took);
  }
  return total;
}

/** "snowball-rollout" → "rollout"; what needs no device is "light steps". */
function roleOf(queue: string): string {
  const [, role] = /^[^-]+-(.+)$/.exec(queue) ?? [];
  return role ?? "light steps";
}
