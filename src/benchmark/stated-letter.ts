/**
 * Letters that are mentioned as options are marked, so that what follows need not tell them from other letters: Ⓑ for a
 * plain one, ⓑ for one that the text sets off ("**B**", "`B`").
 */
const PLAIN = "Ⓐ-Ⓙ";
const SET_OFF = "ⓐ-ⓙ";
const [FIRST_PLAIN, FIRST_SET_OFF] = [0x24b6, 0x24d0];
const M = `\\(?([${PLAIN}${SET_OFF}])\\)?`;
const OPTION = "(?:the\\s+)?(?:options?|answers?|choices?|letters?|选项)\\s*:?\\s*";
/** One or several: A; option A and option C. */
const GROUP = `(?:${OPTION})?${M}(?:\\s*(?:,|and|or|nor|&|和|或)\\s*(?:${OPTION})?${M})*`;
/** Where a statement ends: at a stop, or before a reason. */
const ENDS = "(?=\\s*(?:$|[.,;:!?)\\]}\\n。，；：！]|[\\p{Pd}]\\s|\\(|(?:because|since|as|for|因为)\\b))";
const IS = "(?:is|would be|should be|must be|has to be)";

/** Letters that a text takes back: "not A", "A and C are wrong". */
const DENIED = [
  `(?:(?:\\b(?:not|nor|neither|rather than|instead of|unlike|except|excluding|eliminate|rule out)|n['’]t(?: be)?)\\s+|不是|不选)${GROUP}`,
  `(?<=[${PLAIN}${SET_OFF}]\\)?\\s+)over\\s+${GROUP}`,
  `${GROUP}\\s+(?:(?:is|are|was|were|seems?|looks?|must be|would be|can be)\\s+(?:(?:both|all|clearly|also)\\s+)*` +
    "(?:not|wrong|incorrect|false|impossible|unlikely|invalid|out|excluded|eliminated|ruled out)\\b|" +
    "(?:is|are|was|were|can|does|do|would)n['’]t\\b|can(?:not|\\snot)\\b|(?:does|do|would) not\\b|(?:是)?(?:错误|不对|不正确))",
].map((pattern) => new RegExp(pattern, "giu"));

/** Several that nothing decides between: "A or B", "A, B". */
const UNDECIDED = [
  new RegExp(`${M}(?:\\s*,\\s*${M})*\\s*,?\\s*(?:and|or|&|和|或)\\s*(?:${OPTION})?${M}`, "giu"),
  new RegExp(`${M}(?:\\s*,\\s*${M})+(?=\\s*(?:$|[.;!?\\n]))`, "giu"),
];

/** "A. left" at the beginning of a line. */
const LISTED = new RegExp(
  `^[^\\S\\n]*(?:\\([${PLAIN}${SET_OFF}]\\)|[${PLAIN}${SET_OFF}][.):])(?=[^\\S\\n]+\\S)`,
  "gmu",
);

/** How a letter is stated, surest first: labelled or called right; alone or first; concluded. */
const STATED = [
  [
    `\\b(?:answer|response|solution)(?:\\s+to\\s+(?:this|the)\\s+question)?\\s*(?:[:=]|\\b${IS}\\b:?)\\s*(?:${OPTION})?${M}`,
    `\\banswer\\s+${M}${ENDS}`,
    `\\b(?:option|choice|letter|selection)\\s*(?:[:=]|\\b${IS}\\b:?)\\s*${M}`,
    `\\b(?:choose|chose|pick|select|go with|opt for|take)\\s+(?:${OPTION})?${M}`,
    `${M}\\s+${IS}\\s+(?:(?:therefore|thus|clearly|then|the|only)\\s+)*(?:(?:correct|true|valid|answer|best)\\b|right\\s+(?:answer|option|choice|one)\\b)`,
    `(?:答案|选项|选择|选)(?:应该|应)?\\s*[是为:]?\\s*(?:选项)?\\s*${M}`,
    `${M}\\s*[是为]?\\s*(?:正确|对的)`,
  ],
  [`^\\s*${M}${ENDS}`, `(?<=^|\\n)[^\\S\\n]*${M}[^\\S\\n.!]*[.!]?[^\\S\\n]*(?=$|\\n)`],
  [
    `\\b(?:it|that|this)(?:['’]s|\\s+${IS})\\s+(?:${OPTION})?${M}(?:${ENDS}|(?=\\s+(?:and|but)\\b))`,
    `\\b(?:so|therefore|thus|hence)[,:]?\\s+(?:${OPTION})?${M}${ENDS}`,
  ],
].map((patterns) => new RegExp(patterns.join("|"), "giu"));

/** Marks that set a letter off, with what may stand inside beside it. */
const EMPHASIS = /(?<![\p{L}\p{N}])[`*_{"'“‘「$]+\s*\(?([a-j])\)?[.:]?\s*[`*_}"'”’」$]+(?![\p{L}\p{N}])/giu;
const DRESS = /[`*_"“”「」$]|[{}]|\\(?:boxed|text)\b/g;
const BOXED = /\\boxed\{(?:\\text\{)?\s*\(?([a-j])\)?[.}\s]/i;
const DOUBLE_BACKTICKS = /``\s*\(?([a-j])\)?\.?\s*``/gi;

/** A capital that belongs to no word, number, abbreviation or compound. */
const CAPITAL = /(?<![\p{Script=Latin}\p{N}_/'’&+@#.-])([A-J])(?![\p{Script=Latin}\p{N}_/'’&+@#-]|\.[\p{L}\p{N}])/gu;
/** After "A", these say that it is no article. */
const NO_ARTICLE =
  /^\s+(?:is|was|are|and|or|nor|but|because|since|as|not|seems?|looks?|would|could|can(?!\s+of\b)|cannot|must|should|shows?|has|fits?|over|rather|instead|too|then|if)\b/;
/** A small letter that can be nothing else: "answer: b", "option b", at a stop. */
const SMALL_LABELLED = new RegExp(
  `(?<=\\banswer\\b\\s*(?:[:=]|\\b${IS}\\b:?)\\s*|\\b(?:option|choice)\\s+)([a-j])${ENDS}`,
  "giu",
);
const A_WORD = /^\s+\p{Script=Latin}/u;

/** The option's letter that a text states, A to `last`; null where it states none, or several. */
export function statedLetter(text: string, last: string): string | null {
  const said = text.normalize("NFKC").trim();
  const inRange = (letter: string | undefined): string | null =>
    letter !== undefined && letter.toUpperCase() <= last ? letter.toUpperCase() : null;
  const boxed = BOXED.exec(said);
  if (boxed) return inRange(boxed[1]);
  const ticked = new Set([...said.matchAll(DOUBLE_BACKTICKS)].map(([, letter]) => letter!.toUpperCase()));
  if (ticked.size === 1) return inRange([...ticked][0]);

  const marked = decided(marks(said));
  const [labelled, ...weaker] = STATED.map((pattern) => [...marked.matchAll(pattern)].flatMap(lettersOf));
  // Who answers twice has thought again.
  if (labelled!.length > 0) return inRange(labelled!.at(-1));
  const mentioned = (marks: string): string[] =>
    (marked.match(new RegExp(`[${marks}]`, "gu")) ?? []).map(unmarked).filter((letter) => letter <= last);
  for (const found of [...weaker, mentioned(SET_OFF), mentioned(PLAIN)]) {
    if (found.length > 0) return new Set(found).size === 1 ? inRange(found[0]) : null;
  }
  return null;
}

/** The text with its options' letters marked. */
function marks(said: string): string {
  return said
    .replace(EMPHASIS, (_, letter: string) => mark(letter, FIRST_SET_OFF))
    .replace(DRESS, "")
    .replace(/\(\s*([a-j])\s*\)/gi, markIn)
    .replace(/^\s*([a-j])(?=[.):](?:\s|$)|\s*$)/gim, markIn)
    .replace(SMALL_LABELLED, markIn)
    .replace(/(?<=答案[是为]?\s*:?\s*)([a-j])(?!\p{Script=Latin})/gu, markIn)
    .replace(CAPITAL, (letter, _, at: number, whole: string) => {
      const after = whole.slice(at + 1);
      const word =
        letter === "A" ? A_WORD.test(after) && !NO_ARTICLE.test(after) : letter === "I" && A_WORD.test(after);
      return word ? letter : mark(letter, FIRST_PLAIN);
    });
}

function mark(letter: string, first: number): string {
  return String.fromCodePoint(first + letter.toUpperCase().charCodeAt(0) - 65);
}

function markIn(whole: string, letter: string): string {
  return whole.replace(letter, mark(letter, FIRST_PLAIN));
}

function unmarked(marked: string): string {
  const code = marked.codePointAt(0)!;
  return String.fromCodePoint(65 + code - (code < FIRST_SET_OFF ? FIRST_PLAIN : FIRST_SET_OFF));
}

/** Without the letters that are denied, undecided, or only listed. */
function decided(marked: string): string {
  const kept = [...DENIED, ...UNDECIDED].reduce((text, pattern) => text.replace(pattern, " "), marked);
  const listed = new Set(kept.match(LISTED)?.map((line) => line.replace(/[^Ⓐ-Ⓙⓐ-ⓙ]/gu, "")));
  return listed.size > 1 ? kept.replace(LISTED, " ") : kept;
}

function lettersOf(match: RegExpMatchArray): string[] {
  return match
    .slice(1)
    .filter((group) => group !== undefined)
    .map(unmarked);
}
