/* SPDX-License-Identifier: Apache-2.0 */
/* What a member pays, worked by hand, and what cannot be priced. */
#include "test/adjudication/asking.h"

#define CHILD .person = "02", .born = "2015-06-15"   /* deductible: 40.00 of 500.00 met */
#define FRESH .cardholder = "EX0002", .born = "1985-09-09" /* nothing paid this year */

static const struct {
	struct ask ask;
	const char *shows;
} prices[] = {
	/* 30 x 4.50 + 1.75 = 136.75; 90 x 4.275 + 1.50 = 386.25; 30 x 4.14 = 124.20; tier 3: 60, 160, 55 */
	{ { 0 }, "R CC 60.00 05=60.00; D CC 160.00 05=160.00; M CC 55.00 05=55.00" },
	/* the deductible takes it all */
	{ { FRESH }, "R CC 136.75 01=136.75; D CC 386.25 01=386.25; M CC 124.20 01=124.20" },
	/* 20.00 left out of pocket */
	{ { .cardholder = "EX0003", .born = "1972-03-03" }, "R CC 20.00 05=20.00; D CC 20.00 05=20.00; M CC 20.00 05=20.00" },
	/* 30 x 0.09 + 1.75 = 4.45 < 10.00; 90 x 0.0855 = 7.695 -> 7.70, + 1.50 = 9.20 < 25.00; 30 x 0.0828 = 2.484 -> 2.48 < 8.00 */
	{ { FRESH, .ndc = "99999000310" }, "R CC 4.45 05=4.45; D CC 9.20 05=9.20; M CC 2.48 05=2.48" },
	/* Part D: 30 x 4.41 + 1.25 = 133.55; 90 x 4.23 + 1.00 = 381.70; 30 x 4.05 = 121.50; 415.00 of the deductible left */
	{ { .pcn = "EXPTD", .cardholder = "EX0005", .born = "1948-07-04" }, "R CC 133.55 01=133.55; D CC 381.70 01=381.70; M CC 121.50 01=121.50" },
	/* out-of-pocket maximum reached: nothing, and no component */
	{ { .pcn = "EXPTD", .cardholder = "EX0006", .born = "1955-05-05" }, "R CC 0.00; D CC 0.00; M CC 0.00" },
	/* Medicaid has no 90-day retail price; its member has no person code */
	{ { .pcn = "EXMCD", .cardholder = "EX0004", .born = "1990-12-24" }, "R CC 3.00 05=3.00; M CC 3.00 05=3.00" },
	{ { .pcn = "EXMCD", .cardholder = "EX0004", .born = "1990-12-24", .person = "" }, "R CC 3.00 05=3.00; M CC 3.00 05=3.00" },
	/* 60 days: two copays of 60.00 and of 55.00; D is for 90 days all the same */
	{ { .quantity = "60", .days = "60" }, "R CC 120.00 05=120.00; D CC 160.00 05=160.00; M CC 110.00 05=110.00" },
	/* 2 x 2800 + 1.75 = 5601.75, 30 % = 1680.525 -> 1680.53; 2 x 2576 = 5152.00, 25 % = 1288.00 -> 300.00; 5432.00, 20 % -> 250.00 */
	{ { .ndc = "99999010101", .quantity = "2", .unit = "C64933", .days = "28" }, "R CR 1680.53 07=1680.53 !75 !AB9; M CR 300.00 07=300.00 !75 !AB9; S CR 250.00 07=250.00 !75 !AB9" },
	/* 3 in 28 days is more than 2 in 28: 8401.75, 30 % = 2520.525 -> 2520.53 */
	{ { .ndc = "99999010101", .quantity = "3", .unit = "C64933", .days = "28" }, "R CR 2520.53 07=2520.53 !75 !9G; M CR 300.00 07=300.00 !75 !9G; S CR 250.00 07=250.00 !75 !9G" },
	/* 18 x 1.80 + 1.75 = 34.15 < 35.00; 54 x 1.71 + 1.50 = 93.84, 90.00; 18 x 1.656 = 29.808 -> 29.81 < 30.00 */
	{ { .ndc = "99999050501", .quantity = "18" }, "R CR 34.15 05=34.15 !9G; D CR 90.00 05=90.00 !9G; M CR 29.81 05=29.81 !9G" },
	{ { .ndc = "99999050501", .quantity = "27", .days = "90" }, "R CR 50.35 05=50.35 !AB9; D CR 47.67 05=47.67 !AB9; M CR 44.71 05=44.71 !AB9" },
	/* specialty pharmacy only: 30 x 174.60 = 5238.00, 20 % -> 250.00 */
	{ { .ndc = "99999040401", .unit = "C48480" }, "R PT !AB9 !4W; S CR 250.00 07=250.00 !AB9" },
	/* step therapy */
	{ { .ndc = "99999060601" }, "R CR 60.00 05=60.00 !75 !608; D CR 160.00 05=160.00 !75 !608; M CR 55.00 05=55.00 !75 !608" },
	/* not covered, for different reasons */
	{ { .ndc = "99999030301", .track = "NOT_COVERED" }, "R NC !70" },
	{ { .ndc = "99999030302", .track = "NOT_COVERED" }, "R NC !MR" },
	{ { .track = "NOT_COVERED" }, "R NC !70" },
	{ { .ndc = "99999020201", .quantity = "4", .unit = "C64933", .track = "MEDICAL" }, "R NC !817 !75" },
	{ { .ndc = "99999070701", .quantity = "5", .unit = "C64933", .track = "MEDICAL" }, "R NC !816 !75" },
	/* either benefit: 5 x 290 + 1.75 = 1451.75, 30 % = 435.525 -> 435.53 */
	{ { .ndc = "99999070701", .quantity = "5", .unit = "C64933", .track = "UNDETERMINED" }, "R CR 435.53 07=435.53 !816 !75; M CR 300.00 07=300.00 !816 !75; S CR 250.00 07=250.00 !816 !75" },
	/* ages: 75 is over 17; 10 is not, and is under 12. 30 x 12 + 1.75 = 361.75; 90 x 11.40 + 1.50 = 1027.50 = 460.00 and 160.00 of the rest; 331.20 */
	{ { .ndc = "99999080801" }, "R NC !66" },
	{ { CHILD, .ndc = "99999080801" }, "R CC 361.75 01=361.75; D CC 620.00 01=460.00 05=160.00; M CC 331.20 01=331.20" },
	{ { CHILD, .ndc = "99999080802", .unit = "C48480" }, "R NC !60" },
	/* where it is dispensed */
	{ { .pharmacy_type = "R" }, "R CC 60.00 05=60.00; D CC 160.00 05=160.00; M CC 55.00 05=55.00" },
	{ { .pharmacy_type = "M" }, "M CC 55.00 05=55.00" },
	{ { .pharmacy_type = "S" }, "S PT; M CC 55.00 05=55.00" },
	{ { .pharmacy_type = "L" }, "L PT; M CC 55.00 05=55.00" },
};

CASE(house_price, worked_by_hand)
{
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
		const struct rtpb_response *response = price(&sandbox, &prices[i].ask);

		cr_assert_not_null(response->response->processed, "row %zu: %.*s", i,
			TEXT_ARGS(response->response->not_processed->reject_codes[0]));
		cr_assert_not_null(response->response_product);
		cr_expect(text_is(shown(response->response_product, &sandbox.arena), prices[i].shows), "row %zu: %.*s", i,
			TEXT_ARGS(shown(response->response_product, &sandbox.arena)));
		cr_assert_eq(response->response->processed->help_desks_n, 1);
		arena_reset(&sandbox.arena);
	}
	sandbox_close(&sandbox);
}

static const struct {
	struct ask ask;
	const char *code;
} rejects[] = {
	{ { .pcn = "EXPCN", .plan = "" }, "92" },
	{ { .plan = "EXAMPLE-OTHER" }, "92" },
	{ { .cardholder = "" }, "07" },
	{ { .cardholder = "EX9999" }, "52" },
	{ { .person = "03" }, "53" },
	{ { .born = "1950-01-30" }, "09" },
	{ { .ndc = "99999999999" }, "54" },
	{ { .quantity = "0" }, "R8" },
	{ { .quantity = "-30" }, "R8" },
	{ { .quantity = "0.00001" }, "R8" },
	{ { .quantity = "99999999999" }, "R8" },
	{ { .quantity = "99999999999999999999999999" }, "R8" },
	{ { .days = "-1" }, "19" },
	{ { .days = "30.5" }, "19" },
	{ { .days = "99999999999999999999" }, "19" },
	{ { .days = "0" }, "19" },
	{ { .days = "1000" }, "19" },
	{ { .unit = "C48480" }, "26" },
};

CASE(house_price, what_cannot_be_priced_is_rejected_with_its_code)
{
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	for (size_t i = 0; i < sizeof(rejects) / sizeof(rejects[0]); i++) {
		const struct rtpb_not_processed *not = price(&sandbox, &rejects[i].ask)->response->not_processed;

		cr_assert_not_null(not, "row %zu", i);
		cr_assert_eq(not->reject_codes_n, 1, "row %zu", i);
		cr_expect(text_is(not->reject_codes[0], rejects[i].code), "row %zu: %.*s", i, TEXT_ARGS(not->reject_codes[0]));
		cr_expect(not->note.n > 0 && not->help_desks_n == 1, "row %zu", i);
		arena_reset(&sandbox.arena);
	}
	sandbox_close(&sandbox);
}

CASE(house_price, so_many_pharmacies_and_no_more)
{
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	for (size_t n = 20; n <= 21; n++) {
		const struct rtpb_response *response;
		struct rtpb_message *answer;
		struct asking asking;

		asking_of(&sandbox, &usual, &asking);
		for (size_t i = 1; i < n; i++) {
			struct rtpb_request *request = asking.message.rtpb->body->request;
			struct rtpb_pharmacy *more = arena_push(&sandbox.arena, (void **)&request->pharmacies, &request->pharmacies_n,
				sizeof(*more));

			cr_assert_not_null(more);
			*more = request->pharmacies[0];
		}
		answer = house_price(sandbox.house, asking.message.rtpb, &asking.about, &sandbox.arena);
		cr_assert_not_null(answer);
		response = answer->body->response;
		cr_assert_eq(response->response->processed != NULL, n == 20);
		if (n == 20)
			cr_expect_eq(response->response_product->at_pharmacies_n, 21, "each, and the payer's own by mail");
		else
			cr_expect(text_is(response->response->not_processed->reject_codes[0], "R9"));
	}
	sandbox_close(&sandbox);
}

CASE(house_price, alternatives_are_priced_as_the_product_is)
{
	/* 4.45; 30 x 0.10 + 1.75 = 4.75; 30 x 0.15 + 1.75 = 6.25; 37.75 and 42.25 with a copay of 35.00 */
	static const char *const shows[] = {
		"R CC 4.45 05=4.45; D CC 9.20 05=9.20; M CC 2.48 05=2.48",
		"R CC 4.75 05=4.75; D CC 10.05 05=10.05; M CC 2.76 05=2.76",
		"R CC 6.25 05=6.25; D CC 14.33 05=14.33; M CC 4.14 05=4.14",
		"R CC 35.00 05=35.00; D CC 90.00 05=90.00; M CC 30.00 05=30.00",
		"R CC 35.00 05=35.00; D CC 90.00 05=90.00; M CC 30.00 05=30.00",
	};
	const struct rtpb_response *response;
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	response = price(&sandbox, &usual);
	cr_assert_eq(response->alternatives_n, 5);
	for (size_t i = 0; i < 5; i++)
		cr_expect(text_is(shown(&response->alternatives[i], &sandbox.arena), shows[i]), "%zu: %.*s", i,
			TEXT_ARGS(shown(&response->alternatives[i], &sandbox.arena)));
	cr_expect(text_is(response->alternatives[0].product->drug_coded->ndc, "99999000310"));
	/* the product is not covered: what is counted in capsules cannot be priced for a number of tablets */
	response = price(&sandbox, &(struct ask){ .ndc = "99999030302", .track = "NOT_COVERED" });
	cr_assert_eq(response->alternatives_n, 1);
	cr_expect(text_is(response->alternatives[0].product->drug_coded->ndc, "99999030311"));
	sandbox_close(&sandbox);
}

CASE(house_price, says_what_goes_with_a_price)
{
	const struct pricing_and_coverage *pricing;
	const struct rtpb_response *response;
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	response = price(&sandbox, &(struct ask){ .ndc = "99999010101", .quantity = "2", .unit = "C64933", .days = "28" });
	cr_expect(response->response_product->epa_enabled);
	pricing = &response->response_product->at_pharmacies[0].pricings[0];
	cr_expect(text_is(pricing->accumulated_deductible, "500.00") && text_is(pricing->remaining_deductible, "0.00"));
	cr_expect(text_is(pricing->restrictions[1].maximum_amounts[0].amount->amount, "2"));
	cr_expect(text_is(pricing->restrictions[1].maximum_amounts[0].units, "28"));
	cr_expect(text_is(response->response->processed->help_desks[0].numbers->telephone->number, "5555550100"));
	/* 90 days at retail are three times the quantity */
	response = price(&sandbox, &usual);
	cr_expect(!response->response_product->epa_enabled);
	pricing = &response->response_product->at_pharmacies[0].pricings[1];
	cr_expect(text_is(pricing->quantity->value, "90") && text_is(pricing->days_supply, "90"));
	/* the payer's own mail pharmacy beside the one that was asked for */
	cr_assert_eq(response->response_product->at_pharmacies_n, 2);
	cr_expect(text_is(response->response_product->at_pharmacies[1].pharmacy->business_name, "EXAMPLE MAIL PHARMACY"));
	response = price(&sandbox, &(struct ask){ .ndc = "99999080801" });
	cr_expect(text_is(response->response_product->at_pharmacies[0].pricings[0].restrictions[0].maximum_age->value, "17"));
	sandbox_close(&sandbox);
}

CASE(house_price, an_answer_that_does_not_fit_is_none)
{
	/* each builds restrictions with limits, several pharmacies, alternatives */
	static const struct ask asks[] = {
		{ 0 },
		{ .ndc = "99999010101", .quantity = "3", .unit = "C64933", .days = "28" },
		{ .ndc = "99999080801" },
		{ .cardholder = "" },
	};
	struct sandbox sandbox;

	sandbox_open(&sandbox);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct rtpb_message *answer = NULL;
		struct asking asking;
		struct arena small;

		asking_of(&sandbox, &asks[i], &asking);
		for (size_t limit = 0; !answer; limit += 16) {
			cr_assert_lt(limit, 200000);
			arena_init(&small, limit);
			answer = house_price(sandbox.house, asking.message.rtpb, &asking.about, &small);
			cr_assert(answer || limit < 100000);
			if (answer)
				cr_expect(answer->body->response->response->processed || answer->body->response->response->not_processed);
			arena_done(&small);
		}
		arena_reset(&sandbox.arena);
	}
	sandbox_close(&sandbox);
}
