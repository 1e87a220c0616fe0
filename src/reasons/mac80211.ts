/**
 * Reasons of mac80211 (Wi-Fi), given before a frame becomes an Ethernet frame: TCP in it is rarely
 * recognised.
 *
 * Up to 6.14 some were in a subsystem of their own, MAC80211_MONITOR.
 */
import type { DropClass } from "../model/index.ts";
import type { ReasonRow } from "./reason-row.ts";

/** name, class, file and function, meaning */
type Columns = readonly [string, DropClass, string, string];

const unusable: readonly Columns[] = [
  [
    "MIC_FAIL",
    "loss",
    "wpa.c: ieee80211_crypto_ccmp_decrypt() (v7.3)",
    "The integrity check of the encrypted frame failed.",
  ],
  [
    "REPLAY",
    "loss",
    "wpa.c: ieee80211_crypto_ccmp_decrypt() (v7.3)",
    "The packet number is not newer than the last: a replay.",
  ],
  [
    "BAD_MMIE",
    "loss",
    "wpa.c: ieee80211_crypto_aes_cmac_decrypt() (v7.3)",
    "The integrity element of a management frame is missing or malformed.",
  ],
  [
    "DUP",
    "duplicate",
    "rx.c: ieee80211_rx_h_check_dup() (v7.3)",
    "A radio retransmission of a frame that had arrived.",
  ],
  [
    "SPURIOUS",
    "loss",
    "rx.c: ieee80211_rx_h_check() (v7.3)",
    "A data frame from a station that is not associated.",
  ],
  [
    "DECRYPT_FAIL",
    "loss",
    "rx.c: ieee80211_rx_h_decrypt() (v7.3)",
    "The frame is protected, and the key for it is not usable.",
  ],
  ["NO_KEY_ID", "loss", "rx.c: ieee80211_rx_h_decrypt() (v7.3)", "The frame does not say which key it uses."],
  ["BAD_CIPHER", "loss", "rx.c: ieee80211_rx_h_decrypt() (v7.3)", "The cipher of the key is unknown."],
  ["OOM", "loss", "wpa.c: ieee80211_rx_h_michael_mic_verify() (v7.3)", "There was no memory for the frame."],
  [
    "NONSEQ_PN",
    "loss",
    "rx.c: ieee80211_rx_h_defragment() (v7.3)",
    "Fragments of one frame have packet numbers with a gap.",
  ],
  [
    "BAD_KEY_COLOR",
    "loss",
    "rx.c: ieee80211_rx_h_defragment() (v7.3)",
    "Fragments of one frame were encrypted with different keys.",
  ],
  [
    "BAD_4ADDR",
    "loss",
    "rx.c: ieee80211_rx_h_amsdu() (v7.3)",
    "An aggregate with four addresses where none is expected.",
  ],
  ["BAD_AMSDU", "loss", "rx.c: __ieee80211_rx_h_amsdu() (v7.3)", "The aggregate is malformed, or an attack."],
  [
    "BAD_AMSDU_CIPHER",
    "loss",
    "rx.c: ieee80211_rx_h_amsdu() (v7.3)",
    "Aggregates are not allowed with this cipher.",
  ],
  [
    "INVALID_8023",
    "loss",
    "rx.c: __ieee80211_data_to_8023() (v7.3)",
    "The frame cannot be converted into an Ethernet frame.",
  ],
  ["RUNT_ACTION", "loss", "rx.c: ieee80211_rx_mesh_check() (v7.3)", "The action frame is too short."],
  [
    "UNPROT_ACTION",
    "loss",
    "rx.c: ieee80211_drop_unencrypted_mgmt() (v7.3)",
    "An unprotected action frame before the keys were set.",
  ],
  [
    "UNPROT_DUAL",
    "loss",
    "rx.c: ieee80211_drop_unencrypted_mgmt() (v7.3)",
    "An unprotected frame of a type that must be protected.",
  ],
  [
    "UNPROT_UCAST_MGMT",
    "loss",
    "rx.c: ieee80211_drop_unencrypted_mgmt() (v7.3)",
    "An unprotected management frame to one station.",
  ],
  [
    "UNPROT_MCAST_MGMT",
    "loss",
    "rx.c: ieee80211_drop_unencrypted_mgmt() (v7.3)",
    "An unprotected multicast management frame.",
  ],
  [
    "UNPROT_BEACON",
    "loss",
    "rx.c: ieee80211_drop_unencrypted_mgmt() (v7.3)",
    "An unprotected beacon, where beacons are protected.",
  ],
  [
    "UNPROT_UNICAST_PUB_ACTION",
    "loss",
    "rx.c: ieee80211_drop_unencrypted_mgmt() (v7.3)",
    "An unprotected public action frame to one station.",
  ],
  [
    "UNPROT_ROBUST_ACTION",
    "loss",
    "rx.c: ieee80211_drop_unencrypted_mgmt() (v7.3)",
    "A robust action frame from a station that is not associated.",
  ],
  [
    "ACTION_UNKNOWN_SRC",
    "loss",
    "rx.c: ieee80211_rx_h_action() (v7.3)",
    "An action frame from an unknown station.",
  ],
  [
    "REJECTED_ACTION_RESPONSE",
    "loss",
    "rx.c: ieee80211_rx_h_action_return() (v7.3)",
    "The peer returned an action frame that it did not know.",
  ],
  [
    "EXPECT_DEFRAG_PROT",
    "loss",
    "rx.c: ieee80211_rx_h_defragment() (v7.3)",
    "A later fragment is unprotected, unlike the first.",
  ],
  ["WEP_DEC_FAIL", "loss", "wep.c: ieee80211_crypto_wep_decrypt() (v7.3)", "WEP decryption failed."],
  ["NO_IV", "loss", "wep.c: ieee80211_crypto_wep_decrypt() (v7.3)", "The WEP frame is too short for its IV."],
  [
    "NO_ICV",
    "loss",
    "wep.c: ieee80211_crypto_wep_decrypt() (v7.3)",
    "The WEP frame is too short for its check value.",
  ],
  [
    "AP_RX_GROUPCAST",
    "loss",
    "wpa.c: ieee80211_rx_h_michael_mic_verify() (v7.3)",
    "An access point was sent a frame under a group key.",
  ],
  [
    "SHORT_MMIC",
    "loss",
    "wpa.c: ieee80211_rx_h_michael_mic_verify() (v7.3)",
    "The frame is too short for its Michael check value.",
  ],
  [
    "MMIC_FAIL",
    "loss",
    "wpa.c: ieee80211_rx_h_michael_mic_verify() (v7.3)",
    "The Michael check value is wrong.",
  ],
  ["SHORT_TKIP", "loss", "wpa.c: ieee80211_crypto_tkip_decrypt() (v7.3)", "The TKIP frame is too short."],
  ["TKIP_FAIL", "loss", "wpa.c: ieee80211_crypto_tkip_decrypt() (v7.3)", "TKIP decryption failed."],
  ["SHORT_CCMP", "loss", "wpa.c: ieee80211_crypto_ccmp_decrypt() (v7.3)", "The CCMP frame is too short."],
  [
    "SHORT_CCMP_MIC",
    "loss",
    "wpa.c: ieee80211_crypto_ccmp_decrypt() (v7.3)",
    "The CCMP frame is too short for its check value.",
  ],
  ["SHORT_GCMP", "loss", "wpa.c: ieee80211_crypto_gcmp_decrypt() (v7.3)", "The GCMP frame is too short."],
  [
    "SHORT_GCMP_MIC",
    "loss",
    "wpa.c: ieee80211_crypto_gcmp_decrypt() (v7.3)",
    "The GCMP frame is too short for its check value.",
  ],
  [
    "SHORT_CMAC",
    "loss",
    "wpa.c: ieee80211_crypto_aes_cmac_decrypt() (v7.3)",
    "The frame is too short for its CMAC value.",
  ],
  [
    "SHORT_CMAC256",
    "loss",
    "wpa.c: ieee80211_crypto_aes_cmac_decrypt() (v7.3)",
    "The frame is too short for its CMAC-256 value.",
  ],
  [
    "SHORT_GMAC",
    "loss",
    "wpa.c: ieee80211_crypto_aes_gmac_decrypt() (v7.3)",
    "The frame is too short for its GMAC value.",
  ],
  [
    "UNEXPECTED_VLAN_4ADDR",
    "loss",
    "rx.c: __ieee80211_data_to_8023() (v7.3)",
    "A four-address frame on a port that does not use them.",
  ],
  [
    "UNEXPECTED_STA_4ADDR",
    "loss",
    "rx.c: __ieee80211_data_to_8023() (v7.3)",
    "A four-address frame at a station that does not use them.",
  ],
  [
    "UNEXPECTED_VLAN_MCAST",
    "loss",
    "rx.c: __ieee80211_data_to_8023() (v7.3)",
    "A multicast on a port for a single station.",
  ],
  [
    "NOT_PORT_CONTROL",
    "loss",
    "rx.c: __ieee80211_data_to_8023() (v7.3)",
    "Only frames of the authentication protocol are allowed here.",
  ],
  [
    "UNEXPECTED_4ADDR_FRAME",
    "loss",
    "rx.c: ieee80211_rx_h_sta_process() (v7.3)",
    "An empty four-address frame where none is expected.",
  ],
  ["BAD_BCN_KEYIDX", "loss", "rx.c: ieee80211_rx_h_decrypt() (v7.3)", "A beacon has an invalid key index."],
  [
    "BAD_MGMT_KEYIDX",
    "loss",
    "rx.c: ieee80211_rx_h_decrypt() (v7.3)",
    "A management frame has an invalid key index.",
  ],
  [
    "UNKNOWN_ACTION_REJECTED",
    "loss",
    "rx.c: ieee80211_rx_h_action_return() (v7.3)",
    "An unknown action frame was returned to its sender.",
  ],
  [
    "MESH_DS_BITS",
    "loss",
    "rx.c: ieee80211_rx_mesh_check() (v7.3)",
    "A mesh multicast has the wrong direction bits.",
  ],
  [
    "MESH_A3_MISMATCH",
    "loss",
    "rx.c: ieee80211_rx_mesh_check() (v7.3)",
    "A mesh multicast returned to its source.",
  ],
  [
    "MESH_NO_A4",
    "loss",
    "rx.c: ieee80211_rx_mesh_check() (v7.3)",
    "A mesh frame without the fourth address.",
  ],
  [
    "MESH_A4_MISMATCH",
    "loss",
    "rx.c: ieee80211_rx_mesh_check() (v7.3)",
    "A mesh frame returned to its source.",
  ],
  [
    "MESH_UNEXP_DATA",
    "loss",
    "rx.c: ieee80211_rx_mesh_check() (v7.3)",
    "Mesh data without an established link to the peer.",
  ],
  [
    "MESH_WRONG_ACTION",
    "loss",
    "rx.c: ieee80211_rx_mesh_check() (v7.3)",
    "A mesh action frame of the wrong type, without a link to the peer.",
  ],
  [
    "MESH_UNEXP_MGMT",
    "loss",
    "rx.c: ieee80211_rx_mesh_check() (v7.3)",
    "A mesh management frame without a link to the peer.",
  ],
  [
    "SPURIOUS_NOTIF",
    "loss",
    "rx.c: ieee80211_rx_h_check() (v7.3)",
    "A data frame from a station that is not associated; user space was notified.",
  ],
  ["RUNT_DATA", "loss", "rx.c: ieee80211_rx_h_check() (v7.3)", "The data frame is too short."],
  ["KEY_TAINTED", "loss", "rx.c: ieee80211_rx_h_decrypt() (v7.3)", "The key is being removed."],
  [
    "UNPROTECTED",
    "loss",
    "rx.c: ieee80211_rx_h_decrypt() (v7.3)",
    "The frame is not protected, though the keys are set.",
  ],
  ["MCAST_FRAGMENT", "loss", "rx.c: ieee80211_rx_h_defragment() (v7.3)", "A multicast fragment."],
  [
    "DEFRAG_MISMATCH",
    "loss",
    "rx.c: ieee80211_rx_h_defragment() (v7.3)",
    "A later fragment without its first fragment.",
  ],
  ["RUNT_MESH_DATA", "loss", "rx.c: ieee80211_rx_mesh_data() (v7.3)", "The mesh data frame is too short."],
  ["MESH_NO_TTL", "loss", "rx.c: ieee80211_rx_mesh_data() (v7.3)", "A mesh frame without time to live."],
  [
    "MESH_RMC",
    "duplicate",
    "rx.c: ieee80211_rx_mesh_data() (v7.3)",
    "A mesh multicast that was already seen.",
  ],
  [
    "MESH_BAD_AE",
    "loss",
    "rx.c: ieee80211_rx_mesh_data() (v7.3)",
    "The address extension of the mesh frame is malformed.",
  ],
  [
    "MESH_TTL_EXPIRED",
    "loss",
    "rx.c: ieee80211_rx_mesh_data() (v7.3)",
    "The time to live of the mesh frame expired.",
  ],
  [
    "MESH_NOT_FORWARDING",
    "loss",
    "rx.c: ieee80211_rx_mesh_data() (v7.3)",
    "This mesh station does not forward.",
  ],
  ["AMSDU_WITHOUT_DATA", "loss", "rx.c: ieee80211_rx_h_amsdu() (v7.3)", "An aggregate without data."],
  [
    "NULL_DATA",
    "normal",
    "rx.c: ieee80211_rx_h_data() (v7.3)",
    "A frame without data, as used for power saving.",
  ],
  [
    "UNEXPECTED_4ADDR",
    "loss",
    "rx.c: ieee80211_rx_h_data() (v7.3)",
    "A four-address data frame where none is expected.",
  ],
  ["PORT_CONTROL", "loss", "rx.c: ieee80211_rx_h_data() (v7.3)", "The station has not authenticated yet."],
  [
    "UNKNOWN_STA",
    "loss",
    "rx.c: ieee80211_rx_h_ctrl() (v7.3)",
    "A block ACK request from an unknown station.",
  ],
  ["RUNT_BAR", "loss", "rx.c: ieee80211_rx_h_ctrl() (v7.3)", "The block ACK request is too short."],
  [
    "BAR_OUTSIDE_SESSION",
    "loss",
    "rx.c: ieee80211_rx_h_ctrl() (v7.3)",
    "A block ACK request outside a session.",
  ],
  ["CTRL_FRAME", "loss", "rx.c: ieee80211_rx_h_ctrl() (v7.3)", "A control frame that is not handled."],
  ["RUNT_MGMT", "loss", "rx.c: ieee80211_rx_h_mgmt_check() (v7.3)", "The management frame is too short."],
  [
    "EXPECTED_MGMT",
    "loss",
    "rx.c: ieee80211_rx_h_mgmt_check() (v7.3)",
    "A frame that is not a management frame, where only those are expected.",
  ],
  [
    "NONBCAST_BEACON",
    "loss",
    "rx.c: ieee80211_rx_h_mgmt_check() (v7.3)",
    "A beacon that is not a broadcast.",
  ],
  [
    "MALFORMED_ACTION",
    "loss",
    "rx.c: ieee80211_rx_h_action_return() (v7.3)",
    "An action frame that only user space handles on an access point.",
  ],
  [
    "UNKNOWN_MCAST_ACTION",
    "loss",
    "rx.c: ieee80211_rx_h_action_return() (v7.3)",
    "An unknown multicast action frame.",
  ],
  [
    "UNEXPECTED_EXT_FRAME",
    "loss",
    "rx.c: ieee80211_rx_h_ext() (v7.3)",
    "An extension frame on an interface that is not a station.",
  ],
  [
    "UNHANDLED_MGMT",
    "loss",
    "rx.c: ieee80211_rx_h_mgmt() (v7.3)",
    "A management frame that this interface type does not handle.",
  ],
  ["MCAST_DEAUTH", "loss", "rx.c: ieee80211_rx_h_mgmt() (v7.3)", "A deauthentication to a group."],
  [
    "UNHANDLED_DEAUTH",
    "loss",
    "rx.c: ieee80211_rx_h_mgmt() (v7.3)",
    "A deauthentication that this interface type does not handle.",
  ],
  ["MCAST_DISASSOC", "loss", "rx.c: ieee80211_rx_h_mgmt() (v7.3)", "A disassociation to a group."],
  [
    "UNHANDLED_DISASSOC",
    "loss",
    "rx.c: ieee80211_rx_h_mgmt() (v7.3)",
    "A disassociation that this interface type does not handle.",
  ],
  [
    "UNHANDLED_PREQ",
    "loss",
    "rx.c: ieee80211_rx_h_mgmt() (v7.3)",
    "A probe request that this interface type does not handle.",
  ],
  [
    "UNHANDLED_MGMT_STYPE",
    "loss",
    "rx.c: ieee80211_rx_h_mgmt() (v7.3)",
    "A management frame of an unhandled subtype.",
  ],
  ["NO_LINK", "loss", "rx.c: ieee80211_rx_handlers() (v7.3)", "The frame belongs to no link of the device."],
  [
    "DEFRAG_OVERFLOW",
    "loss",
    "rx.c: ieee80211_rx_h_defragment() (v7.3)",
    "The reassembled frame would be too large.",
  ],
];

const monitor: readonly Columns[] = [
  [
    "UNEXPECTED_4ADDR_FRAME",
    "loss",
    "rx.c: ieee80211_rx_h_sta_process() (v6.12)",
    "An empty four-address frame where none is expected.",
  ],
  ["BAD_BCN_KEYIDX", "loss", "rx.c: ieee80211_rx_h_decrypt() (v6.12)", "A beacon has an invalid key index."],
  [
    "BAD_MGMT_KEYIDX",
    "loss",
    "rx.c: ieee80211_rx_h_decrypt() (v6.12)",
    "A management frame has an invalid key index.",
  ],
];

const ADVICE = "Wi-Fi, below TCP: iw dev IFACE station dump; iw event -t; dmesg";

function rows(subsystem: string, table: readonly Columns[]): readonly ReasonRow[] {
  return table.map(([name, dropClass, kernelSource, meaning]) => ({
    name,
    subsystem,
    class: dropClass,
    kernelSource: `net/mac80211/${kernelSource}`,
    meaning,
    advice: ADVICE,
  }));
}

export const MAC80211_REASONS: readonly ReasonRow[] = [
  ...rows("MAC80211_UNUSABLE", unusable),
  ...rows("MAC80211_MONITOR", monitor),
];
