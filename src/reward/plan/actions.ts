/** Where an agent with one hand is: nowhere yet, at a place, holding something, at another place with it. */
export const STATES = ["INIT", "AT", "HOLDING", "AT_HOLDING"] as const;
export type State = (typeof STATES)[number];

/** What a legal step leads to, and its reward. */
export interface Step {
  readonly to: State;
  readonly reward: number;
}

/** By state; where there is none, the action is illegal. */
export type Transitions = Readonly<Partial<Record<State, Step>>>;

/** Actions by their names, as plans write them. */
export type Actions = Readonly<Record<string, Transitions>>;

/** The reward of a step that is illegal where it stands; the state stays. */
export const ILLEGAL = -1;

/** The three actions of HARP's plans. Going on without having done anything is legal, and worth less. */
export const ACTIONS = {
  Navigate: {
    INIT: { to: "AT", reward: 1 },
    AT: { to: "AT", reward: 0.8 },
    HOLDING: { to: "AT_HOLDING", reward: 1 },
    AT_HOLDING: { to: "AT_HOLDING", reward: 0.8 },
  },
  Pick: { AT: { to: "HOLDING", reward: 1 } },
  Place: { HOLDING: { to: "INIT", reward: 1 }, AT_HOLDING: { to: "AT", reward: 1 } },
} as const satisfies Actions;

/** HARP's actions, and those of a recipe. */
export function actionsWith(more: Actions | undefined): Actions {
  return { ...more, ...ACTIONS };
}
