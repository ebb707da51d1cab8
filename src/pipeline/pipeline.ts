import type { z } from "zod";
import type { ArtifactStore } from "../artifact/store.ts";
import type { Piece } from "../artifact/descent.ts";
import type { Layout } from "../artifact/layout.ts";
import type { Account } from "../contract/account.ts";
import type { RunResult } from "../contract/progress.ts";
import type { ServerBlock } from "../contract/server.ts";
import type { Table } from "../contract/table.ts";
import type { Report } from "../dataset/problems.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import type { Problem } from "../recipe/problems.ts";
import type { MeasuredRows, Section } from "../report/html/section.ts";
import type { Picture } from "../run/tracked.ts";
import type { RunTrace } from "../run/trace.ts";

/**
 * What the product must know of one pipeline. Everything else asks through this: no shared room names a pipeline, and a
 * new one adds a room and a line in index.ts.
 */
export interface Pipeline<S extends z.ZodType<CommonRecipe> = z.ZodType<CommonRecipe>> {
  /** The recipe as it is written. */
  readonly schema: S;
  /** Problems between fields that are each fine alone. */
  rules(this: void, recipe: z.output<S>): Problem[];
  /** What a run does, in a few words: "5 iterations · K 8 · LoRA r16". */
  opening(this: void, recipe: z.output<S>): string;
  /** What it works on, for lists: "data/questions.jsonl". */
  subject(this: void, recipe: z.output<S>): string;
  /** Its step that opens a recipe to be checked (src/contract/check.ts); absent where nothing is trained. */
  readonly checkedBy?: string;
  /** A result that an earlier version wrote, in today's shape; undefined for one that is none of this pipeline's. */
  olderResult?(this: void, written: unknown): RunResult | undefined;
}

/** What of a pipeline reads files: its data, its costs, and what its runs left. */
export interface Room<R extends CommonRecipe = CommonRecipe> {
  /** Models, as the recipe's blocks name them, that have to be there before anything starts. */
  models(this: void, recipe: R): readonly NamedModel[];
  /** Devices that one step takes at once, and the field that says so. */
  devices(this: void, recipe: R): { readonly field: string; readonly count: number };
  /** @throws {StepFailure} BadInput when the data is not usable as given */
  plan(this: void, root: string, recipe: R): Promise<Plan>;
  /** Looks at all data and reports everything that is wrong with it; returns what is usable. */
  checkData(this: void, root: string, recipe: R, options: CheckOptions): Promise<CheckedData>;
  /** What differs between two recipes of one run, and what is done again because of it. */
  changes(this: void, before: R, after: R): Changes;
  /** The recipe with little of everything, to try what the real one goes through; absent where it always is little. */
  shrink?(this: void, recipe: R): R;
  /** Keeps what came before a point of the run as it was; only where runs have such points. */
  keepBefore?(this: void, before: R | null, after: R, from: number): Kept<R>;
  /** Checks a run against its own files, beyond the bytes of its artifacts. */
  verify(this: void, store: ArtifactStore, folder: string): AsyncIterable<Check>;
  readonly upkeep: Upkeep;
  /** What only this pipeline can show of a run, and what a run without a result has to tell so far. */
  report?(this: void, run: Reported): Promise<Shown>;
  /** Pictures for trackers of what the run has made so far, `most` of each part. */
  pictures?(this: void, folder: string, most: number): Promise<Picture[]>;
  /** Looks through a run folder that other programs wrote in this pipeline's layout; null for one that is none. */
  adopt?(this: void, input: AdoptInput): Promise<Adopted | null>;
  /** A first recipe for a user's data; only where one can be written from what `init` is told. */
  readonly drafts?: Drafts;
}

/** A folder that is looked through, and what its own files do not say. */
export interface AdoptInput {
  /** Absolute. */
  readonly folder: string;
  /** Of the recipe that goes on from it. */
  readonly name: string;
  /** Where the names of given images start now, absolute; undefined for where the folder's config says. */
  readonly images: string | undefined;
  /** The system prompt that the policy was sampled with, for pairs that lack theirs; empty when it is not known. */
  readonly system: string;
  /** A path of the folder's config as an absolute one, and an absolute one as recipes write it. */
  readonly fromRoot: (path: string) => string;
  readonly toRoot: (path: string) => string;
}

/** What was found in a folder that other programs wrote. */
export interface Adopted {
  /** What it is, in a few words. */
  readonly title: string;
  /** What was found, part by part, in lines for a person. */
  readonly lines: readonly string[];
  /** Parts, from the first, that can be trusted. */
  readonly trusted: number;
  readonly tables: readonly Table[];
  readonly sections: readonly Section[];
  /** What a run can go on from; null where nothing can be trusted. */
  readonly goOn: {
    readonly pairs: readonly object[];
    /** Of the recipe. */
    readonly pipeline: string;
    /** @param pairs the file that they are written to, as recipes write paths */
    readonly recipe: (pairs: string) => object;
  } | null;
}

/** A run that a report is written of. */
export interface Reported {
  /** Absolute; the recipe's paths start there. */
  readonly root: string;
  /** Of the store on this host; the run's artifacts may have gone from it. */
  readonly layout: Layout;
  readonly trace: RunTrace;
  /** null while the run has not come to its end. */
  readonly result: RunResult | null;
}

/** What a pipeline adds to the report of a run. Tables and accounts are for a run without a result. */
export interface Shown {
  readonly tables: readonly Table[];
  readonly accounts: readonly Account[];
  readonly sections: readonly Section[];
  /** What was measured of its policies, item by item, in their order: runs are compared by it. */
  readonly measured: readonly MeasuredRows[];
}

export interface Drafts {
  /** Fields of a new recipe that are worth a look and have a default. */
  readonly worthALook: readonly string[];
  /** The shortest recipe for this data, which is looked at, and what was seen, as the end of a sentence. */
  draft(this: void, root: string, input: DraftInput): Promise<{ readonly short: object; readonly said: string }>;
}

/** What `snowball init` is told. Paths are relative to the root. */
export interface DraftInput {
  readonly name: string;
  readonly pipeline: string;
  /** undefined: nothing was named, so nothing is looked at. */
  readonly data: string | undefined;
  readonly images: string;
  readonly model: string;
  readonly critic: string;
  readonly evaluator: string;
  /** The folder of an image editor's checkpoint, or the name of another executor. */
  readonly executor: string;
}

export interface NamedModel {
  /** The recipe's block. */
  readonly who: string;
  /** The field that names it: "planner.model". */
  readonly field: string;
  /** Is it trained, too, and merged? */
  readonly trained?: boolean;
  readonly backend: string;
  /** Its folder, relative to the root. */
  readonly model: string;
  /** The folder of a LoRA adapter that is served on it, relative to the root. */
  readonly adapter?: string | undefined;
  /** Does vLLM draw what it says while it is trained? */
  readonly drawnByVllm?: boolean;
  /** The attention kernel that it is served with. */
  readonly attention?: string | undefined;
  /** Who serves it, where the backend is openai. */
  readonly server?: ServerBlock | undefined;
}

/** What a recipe costs at most, before anything has run. */
export interface Plan {
  /** @param free bytes on the disk of the store; null when it is not known */
  lines(this: void, free: number | null): string[];
  /** For programs. */
  json(this: void, free: number | null): object;
  /** Bytes that the run adds to the disk. */
  readonly disk: number;
}

export interface CheckOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
  readonly report: Report;
  /** Folder of this host; what is found of the images is kept in it, so that a run need not look again. */
  readonly state?: string;
}

export interface CheckedData {
  /** What is usable, in lines for a person. */
  readonly lines: readonly string[];
  readonly json: object;
}

export interface Changes {
  /** "training.beta 0.1 → 0.2, …"; empty when nothing differs. */
  readonly fields: string;
  /** Does any result change? */
  readonly determines: boolean;
  /** What is done again and what is found, in lines for a person. */
  readonly redone: readonly string[];
}

/** A recipe that keeps what an earlier one made. */
export interface Kept<R> {
  readonly recipe: R;
  /** What stays and what is done again. */
  readonly lines: readonly string[];
}

/** One thing that was checked; `problem` is one sentence and absent when all is well. */
export interface Check {
  readonly what: string;
  readonly problem?: string;
}

/** Which artifacts a run stands on, and what of them can go. */
export interface Upkeep {
  /** Steps whose results are made again from others. */
  readonly remade: readonly string[];
  /** Steps whose results nobody can make again: what a person brought or decided. */
  readonly kept: readonly string[];
  /** What a complete run is made of, or all that one that goes on may look for. */
  needs(this: void, pieces: readonly Piece[], run: RunTrace, complete: boolean): Promise<ReadonlySet<Piece>>;
  /** Large results of complete runs that are beside the point, and folders that show them. */
  spare?(this: void, pieces: readonly Piece[], run: RunTrace, needed: ReadonlySet<Piece>): Promise<Spare>;
  /** Samples that were quarantined, and the artifacts to set aside so that they are made again. */
  quarantined?(this: void, layout: Layout, pieces: readonly Piece[], run: RunTrace): Promise<Retry>;
}

export interface Spare {
  readonly pieces: readonly Piece[];
  readonly folders: readonly string[];
}

/** What making quarantined samples again means. */
export interface Retry {
  /** Keys of what is set aside. */
  readonly aside: readonly string[];
  /** What is made again, in lines for a person. */
  lines(this: void, name: string): string[];
}
