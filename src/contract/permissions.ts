/** What a recipe may make a worker do beyond its own steps, only where whoever started the worker says so. */
export const PERMISSIONS = {
  /** Run the reward programs that recipes name, and ask the services that they name. */
  rewards: "run a recipe's own reward programs, and ask its reward services",
  /** Start the commands and call the web hooks that recipes name: whoever can start a run can then start these here. */
  notify: "start the commands and call the web hooks that a recipe's notify names",
  /** Send what runs come to away from here, by this host's account. */
  track: "send runs to the tracker that a recipe's track names, where that is a service outside",
} as const;

export type Permission = keyof typeof PERMISSIONS;
