/** When somebody is told of a run: it is complete, it stopped, or its gate waits for an answer. */
export type NoticeEvent = "ended" | "failed" | "asks";

/** What somebody is told; the JSON that a command reads and a web hook gets. */
export interface Notice {
  /** The same for every attempt to tell it, so that a receiver can leave a second one out. */
  readonly id: string;
  readonly run: string;
  readonly pipeline: string;
  readonly event: NoticeEvent;
  /** What happened, for a person. */
  readonly text: string;
  /** What to type next. */
  readonly next: string;
}

export interface NotifyInput {
  /** The recipe's block, as it was sent. */
  readonly notify: unknown;
  readonly notice: Notice;
}

/** Tells; "not allowed" where the worker was not started for it. */
export interface NoticeSteps {
  notify(input: NotifyInput): Promise<"told" | "not asked for" | "not allowed">;
}
