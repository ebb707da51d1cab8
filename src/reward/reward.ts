/** What a reward looks at of a row. */
export interface Judged {
  /** The true answer. */
  readonly truth: string;
  /** The type of its task: "spatial", "counting". */
  readonly kind: string;
}

/** A part of a reward, and the characters of the text that earned it, the end not among them. */
export interface Credit {
  readonly from: number;
  readonly to: number;
  readonly credit: number;
}

export interface Scored {
  /** In [−1, 1], whatever the reward. */
  readonly reward: number;
  /** What it was made of, by name. */
  readonly parts: Readonly<Record<string, number>>;
  /** Whose merit it is: the whole text's share, then each action's own; they add up to the reward. Absent: all is whole. */
  readonly credits?: readonly Credit[];
}

/** How good an answer is, by its text alone: one definition for training, evaluation and report. */
export interface Reward {
  /** Raise when the meaning of a reward changes. */
  readonly version: number;
  /** Why a row cannot be judged, as the end of a sentence that begins with the row; null where it can. */
  readonly problem: (row: Judged) => string | null;
  /** @param text the answer as it was written, its end token left out */
  readonly score: (row: Judged, text: string) => Scored;
}
