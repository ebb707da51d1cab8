/** Answers that people gave to a question of VQAv2 and OK-VQA. */
const PEOPLE = 10;
/** So many who say the same make an answer wholly right. */
const ENOUGH = 3;

const NUMBERS: Readonly<Record<string, string>> = {
  none: "0",
  zero: "0",
  one: "1",
  two: "2",
  three: "3",
  four: "4",
  five: "5",
  six: "6",
  seven: "7",
  eight: "8",
  nine: "9",
  ten: "10",
};
const ARTICLES = new Set(["a", "an", "the"]);
/** What the official evaluation takes for punctuation. */
const PUNCTUATION = [
  ";",
  "/",
  "[",
  "]",
  '"',
  "{",
  "}",
  "(",
  ")",
  "=",
  "+",
  "\\",
  "_",
  "-",
  ">",
  "<",
  "@",
  "`",
  ",",
  "?",
  "!",
];
const PERIOD = /(?<!\d)\.(?!\d)/g;
const COMMA_IN_NUMBER = /\d,\d/;
/** Contractions without their apostrophe, as the official evaluation spells them. */
const CONTRACTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  (
    "ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd how'll how's i'd've " +
    "i'm i've isn't it'd it'll let's ma'am might've mightn't must've mustn't needn't oughtn't shan't she'd've should've " +
    "shouldn't somebody'd someone'd someone'll someone's something'd something'll that's there'd there's they'd they'll " +
    "they're they've wasn't we've weren't what'll what're what's what've when's where'd where's where've who'd who'll " +
    "who's who've why'll why're why's won't would've wouldn't y'all you'd you'll you're you've"
  )
    .split(" ")
    .map((word) => [word.replaceAll("'", ""), word]),
);

/**
 * An answer as VQA's official evaluation compares it (vqaEval.py of VT-vision-lab/VQA): lower case, no line breaks,
 * punctuation gone or a blank, periods outside of numbers gone, number words as digits, no articles, contractions with
 * their apostrophe.
 */
export function normaliseAnswer(answer: string): string {
  const flat = answer.replaceAll("\n", " ").replaceAll("\t", " ").trim();
  return wordsOf(withoutPunctuation(flat));
}

function withoutPunctuation(text: string): string {
  let out = text;
  for (const mark of PUNCTUATION) {
    const gone = text.includes(`${mark} `) || text.includes(` ${mark}`) || COMMA_IN_NUMBER.test(text);
    out = out.replaceAll(mark, gone ? "" : " ");
  }
  return out.replace(PERIOD, "");
}

function wordsOf(text: string): string {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => NUMBERS[word] ?? word)
    .filter((word) => !ARTICLES.has(word))
    .map((word) => CONTRACTIONS[word] ?? word)
    .join(" ");
}

/**
 * VQA accuracy of an answer: over every nine of the ten people, min(same / 3, 1), averaged. With k of ten who say the
 * same that is 0, .3, .6, .9 and from four on 1 (Goyal et al. 2017).
 *
 * Where fewer or more than ten were asked, the same is done with all but one; one alone is a plain comparison.
 * @throws {RangeError} where nobody answered
 */
export function vqaAccuracy(answer: string, people: readonly string[]): number {
  if (people.length === 0) throw new RangeError("nobody answered, so no answer can be judged");
  const said = normaliseAnswer(answer);
  const same = people.map((each) => normaliseAnswer(each) === said);
  const count = same.filter(Boolean).length;
  if (people.length < PEOPLE) return people.length === 1 ? count : Math.min(1, count / Math.min(ENOUGH, people.length));
  const sum = same.reduce((total, own) => total + Math.min(1, (count - Number(own)) / ENOUGH), 0);
  return sum / people.length;
}
