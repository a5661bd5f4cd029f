/* SPDX-License-Identifier: Apache-2.0 */
/* The files of test/conformance as bytes of the program. The build tells the assembler their directory. */
	.section .rodata
	.macro file label, name
	.global conformance_\label\()_at, conformance_\label\()_end
conformance_\label\()_at:
	.incbin "\name"
conformance_\label\()_end:
	.byte 0
	.endm

	file values, "values.txt"
	file pas, "pas.scenario"
	file pas_submit, "pas-submit.json"
	file pas_update, "pas-update.json"
	file pas_everything, "pas-everything.json"
	file pas_inquire, "pas-inquire.json"
	file pas_inquire_everything, "pas-inquire-everything.json"
	file pas_subscription, "pas-subscription.json"
	file pas_empty, "pas-empty.json"
	file pas_older, "pas-2.0.scenario"
	file crd, "crd.scenario"
	file crd_orders, "crd-orders.json"
	file crd_dispatch, "crd-dispatch.json"
	file crd_appointment, "crd-appointment.json"
	file crd_encounter, "crd-encounter.json"
	file dtr, "dtr.scenario"
	file dtr_package, "dtr-package.json"
	file dtr_next, "dtr-next.json"
	file dtr_errors, "dtr-errors.json"
	file smart, "smart.scenario"
	.section .note.GNU-stack, "", %progbits
