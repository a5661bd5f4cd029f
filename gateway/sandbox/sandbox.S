/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox's files as bytes of the program. The build tells the assembler their directory. */
	.section .rodata
	.global sandbox_plan_at, sandbox_plan_end, sandbox_payer_at, sandbox_payer_end, sandbox_rules_at, sandbox_rules_end
	.global sandbox_says_at, sandbox_says_end
	.global sandbox_versions_at, sandbox_versions_end
	.global sandbox_clock_at, sandbox_clock_end
	.global sandbox_part_d_at, sandbox_part_d_end
	.global sandbox_fb30_at, sandbox_fb30_end, sandbox_fb53_at, sandbox_fb53_end, sandbox_fb60_at, sandbox_fb60_end
sandbox_plan_at:
	.incbin "plan.jsonl"
sandbox_plan_end:
	.byte 0
sandbox_payer_at:
	.incbin "payer.json"
sandbox_payer_end:
	.byte 0
sandbox_rules_at:
	.incbin "rules.txt"
sandbox_rules_end:
	.byte 0
sandbox_says_at:
	.incbin "says.txt"
sandbox_says_end:
	.byte 0
sandbox_clock_at:
	.incbin "clock.txt"
sandbox_clock_end:
	.byte 0
sandbox_part_d_at:
	.incbin "partd.txt"
sandbox_part_d_end:
	.byte 0
sandbox_versions_at:
	.incbin "versions.conf"
sandbox_versions_end:
	.byte 0
sandbox_fb30_at:
	.incbin "fb30.txt"
sandbox_fb30_end:
	.byte 0
sandbox_fb53_at:
	.incbin "fb53.txt"
sandbox_fb53_end:
	.byte 0
sandbox_fb60_at:
	.incbin "fb60.txt"
sandbox_fb60_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
