/** A question as it was imported: with the sha256 of its images' bytes. */
export interface ImportedQuestion extends Question {
  readonly image_digests: readonly string[];
}

/** One question of a data set, whatever file it came from. */
export interface Question {
  /** Names folders and rows: no slash, no "..", unique in the data set. */
  readonly id: string;
  /** Names relative to the data set's image_root, the given image first. */
  readonly images: readonly string[];
  readonly question: string;
  /** Absent where the data has none: evaluation, gate and `answer_gain` then have nothing to measure with. */
  readonly answer?: string;
  /** Texts that are compared, where it asks which of them is better. */
  readonly candidates?: readonly string[];
  /** The family that tables break results down by. */
  readonly question_type: string;
  /** What splits and resampling keep together: questions about one scene are not independent. images[0] by default. */
  readonly scene: string;
  /** The collection that it was made from, where the scores of a benchmark tell those apart. */
  readonly source?: string;
}
