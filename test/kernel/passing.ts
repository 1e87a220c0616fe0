/** A process that holds a descriptor, and then sends it over a unix socket of which it reads nothing. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

/** Scripts that make system calls by their numbers on x86-64 can run; guests of the matrix have no Perl. */
export const HAS_PERL = process.arch === "x64" && existsSync("/usr/bin/perl");

/** Waits for a line, then sendmsg(2) with SCM_RIGHTS and close(2) of descriptor 3; numbers are those of x86-64. */
const SCRIPT = `
use Socket;
$| = 1;
socketpair(my $from, my $to, AF_UNIX, SOCK_STREAM, 0) or die;
<STDIN>;
my ($byte, $rights) = ("x", pack("Q i i i x4", 20, SOL_SOCKET, 1, 3));
my $io = pack("P Q", $byte, 1);
my $message = pack("Q L x4 P Q P Q i x4", 0, 0, $io, 1, $rights, length($rights), 0);
die if syscall(46, fileno($from), $message, 0) != 1;
syscall(3, 3);
print "sent\n";
<STDIN>;
`;

export class Passing implements Disposable {
  readonly #child: ChildProcess;

  constructor(fd: number) {
    this.#child = spawn("perl", ["-e", SCRIPT], { stdio: ["pipe", "pipe", "inherit", fd] });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Nobody has a descriptor of it when this returns. */
  async pass(): Promise<void> {
    const { stdin, stdout } = this.#child;
    assert(stdin !== null && stdout !== null);
    stdin.write("pass\n");
    const [text] = (await once(stdout, "data")) as [Buffer];
    assert.equal(text.toString(), "sent\n");
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
