import { userInfo } from "node:os";

/**
 * This user's name. In a container the id may have none; programs that ask the system for it end there, unless the
 * environment has one.
 */
export function userName(): string {
  const { USER, LOGNAME } = process.env;
  if (USER || LOGNAME) return (USER || LOGNAME)!;
  try {
    return userInfo().username;
  } catch {
    return `user-${process.getuid?.() ?? 0}`;
  }
}
