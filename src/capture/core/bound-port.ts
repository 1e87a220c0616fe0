/** The local port of a socket that is being closed. */
import { type Builder, type KernelTypes, kernelStruct, type Scalar, scalar } from "../../bpf/index.ts";

const inetSock = kernelStruct("inet_sock", { inet_sport: scalar });

interface PortMemory {
  get(field: "port"): Scalar;
  set(field: "port", value: Scalar): void;
}

/** A port that bind() had chosen was given back by now (`skc_num` is 0), and stands in `inet_sport` alone. */
export function keepBoundPort(b: Builder, kernel: KernelTypes, address: Scalar, record: PortMemory): void {
  const { inet_sport: port } = kernel.point(inetSock, address.expression, "probe");
  b.if(record.get("port").isZero(), () => record.set("port", b.keep(port, "inet_sport").fromBigEndian(16)));
}
