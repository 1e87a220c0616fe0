/**
 * What the user who runs this may read without the rights that this process has: a sudoers rule for tcpdrop
 * alone, or capabilities on a file, are not meant to show root's files.
 */
import { accessSync, constants, readFileSync, statSync } from "node:fs";

const ROOT = 0;

/** A hint, where the reason would quote a file. */
export const NOT_SHOWN = "What is wrong is not shown: the user who runs tcpdrop may not read that file.";

/** initgroups(3), which the types leave out. */
interface WithInitgroups {
  readonly initgroups?: (user: number, group: number) => void;
}

/** True where this user could have got `text` out of the file alone. */
export function realUserReads(path: string, text: string): boolean {
  const uid = process.getuid?.() ?? ROOT;
  if (uid !== ROOT) return asRealUser(path);
  const { SUDO_UID: user, SUDO_GID: group, PKEXEC_UID: byPkexec, DOAS_USER: byDoas } = process.env;
  // These do not have the group.
  if (user === undefined) return byPkexec === undefined && byDoas === undefined;
  if (Number(user) === ROOT) return true;
  return readAs(Number(user), Number(group), path) === text;
}

/** access(2) asks with the real user, and without capabilities. */
function asRealUser(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The file as this user reads it: asked of the kernel, which knows of folders, groups and access lists.
 * Undefined where it cannot be read, or could block.
 */
function readAs(uid: number, gid: number, path: string): string | undefined {
  const { getgroups, setgroups, initgroups, setegid, seteuid }: NodeJS.Process & WithInitgroups = process;
  if (getgroups === undefined || setgroups === undefined || initgroups === undefined) return undefined;
  if (setegid === undefined || seteuid === undefined) return undefined;
  const groups = getgroups();
  try {
    initgroups(uid, gid);
    setegid(gid);
    seteuid(uid);
    return statSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  } finally {
    seteuid(ROOT);
    setegid(ROOT);
    setgroups(groups);
  }
}
