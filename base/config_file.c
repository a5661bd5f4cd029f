/* SPDX-License-Identifier: Apache-2.0 */
/* Lines a person wrote, through the same build and the same tables as a message. */
#include "base/config_file.h"

struct file {
	struct build build;
	struct fault fault;
	struct config_file_report *report;
	struct arena *arena;
	int line, section_line;
	const struct field *list; /* of the open [section]; NULL: none is open */
	size_t item;
	size_t problems_before;   /* the open record's first key */
	bool passing;             /* over the keys of a section that could not be begun */
};

static struct build_frame *open_frame(struct file *file)
{
	return &file->build.frames[file->build.depth - 1];
}

/* One more problem of the record that is open; never NULL. Returned for what only some have. */
static struct config_file_problem *problem(struct file *file, int line, enum fault_code code, const struct field *field)
{
	static struct config_file_problem surplus; /* written, never read */
	struct config_file_report *report = file->report;
	struct config_file_problem *out = &surplus;

	if (report->problems_all++ < CONFIG_FILE_PROBLEMS_MAX)
		out = &report->problems[report->problems_n++];
	*out = (struct config_file_problem){ .line = line, .code = code, .record = open_frame(file)->record, .list = file->list,
		.field = field };
	return out;
}

static void place(struct file *file, const struct field *field)
{
	struct config_file_report *report = file->report;
	struct config_file_place *new = arena_push(file->arena, (void **)&report->places, &report->places_n, sizeof(*new));

	if (new)
		*new = (struct config_file_place){ file->list, file->item, field, file->line };
	else
		problem(file, file->line, FAULT_TOO_LARGE, field);
}

int config_file_line(const struct config_file_report *report, const struct field *list, size_t item, const struct field *field,
	size_t time)
{
	int section = 0;

	for (size_t i = 0; i < report->places_n; i++) {
		const struct config_file_place *at = &report->places[i];

		if (at->list != list || (list && at->item != item))
			continue;
		if (at->field == field && time-- == 0)
			return at->line;
		if (!at->field)
			section = at->line;
	}
	return section;
}

/* Cuts a comment off: '#' at the start or after white space, so that "https://host/#top" stays whole. */
static struct text without_comment(struct text line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.at[i] == '#' && (i == 0 || line.at[i - 1] == ' ' || line.at[i - 1] == '\t'))
			return (struct text){ line.at, i };
	return line;
}

/* Holds the open record to its table: what it misses is said of the line it began on. A key that was there and wrong was named
   before, and is not missing too. */
static void check_open(struct file *file, int line)
{
	struct build_frame *frame = open_frame(file);

	for (size_t i = 0; i < frame->record->n; i++) {
		const struct field *field = &frame->record->fields[i];
		bool named = frame->seen[i / 64] >> i % 64 & 1;
		bool many = field->kind == FIELD_TEXTS || field->kind == FIELD_CODES || field->kind == FIELD_LIST;

		if (many ? *field_count_at(field, frame->rec) < field->min : field->need && !named && !field_there(field, frame->rec))
			problem(file, line, FAULT_MISSING, field);
	}
	if (file->report->problems_all == file->problems_before && !record_check(frame->record, frame->rec, &file->fault))
		problem(file, line, file->fault.code, NULL);
}

static void end_section(struct file *file)
{
	if (!file->list)
		return;
	check_open(file, file->section_line);
	build_close(&file->build);
	file->list = NULL;
}

static void begin_section(struct file *file, struct text name)
{
	const struct field *field;
	int depth;

	end_section(file);
	field = build_peek(&file->build, name);
	file->passing = !field || field->kind != FIELD_LIST;
	if (file->passing) {
		struct config_file_problem *unknown = problem(file, file->line, FAULT_UNKNOWN_ELEMENT, NULL);

		unknown->word = name;
		unknown->section = true;
		return;
	}
	depth = file->build.depth;
	file->passing = build_open(&file->build, name) != BUILD_RECORD;
	if (file->passing) {
		file->build.depth = depth;
		problem(file, file->line, file->fault.code, field);
		return;
	}
	file->list = field;
	file->item = *field_count_at(field, file->build.frames[0].rec) - 1;
	file->section_line = file->line;
	file->problems_before = file->report->problems_all;
	place(file, NULL);
}

/* A value that is wrong is left out, and its key counts as seen. */
static void set_value(struct file *file, const struct field *field, struct text value)
{
	struct build_frame *frame = open_frame(file) - 1;
	enum fault_code code = FAULT_NONE;

	if (value.n && !field_check_text(field, value, &file->fault))
		code = file->fault.code;
	else if (!build_value(&file->build, value))
		code = file->fault.code;
	else if (!value.n && field->kind == FIELD_TEXT)
		*(struct text *)field_at(field, frame->rec) = text_lit("");
	build_close(&file->build);
	if (code != FAULT_NONE)
		problem(file, file->line, code, field);
	else if (!value.n && field->need)
		problem(file, file->line, FAULT_MISSING, field);
}

static void set_key(struct file *file, struct text key, struct text value)
{
	const struct field *field = build_peek(&file->build, key);
	int depth = file->build.depth;

	if (!field || field->kind == FIELD_GROUP || field->kind == FIELD_LIST) {
		problem(file, file->line, FAULT_UNKNOWN_ELEMENT, NULL)->word = key;
		return;
	}
	if (build_open(&file->build, key) == BUILD_FAILED) {
		file->build.depth = depth;
		problem(file, file->line, file->fault.code, field)->first_line =
			config_file_line(file->report, file->list, file->item, field, 0);
		return;
	}
	place(file, field);
	set_value(file, field, value);
}

static void read_line(struct file *file, struct text line)
{
	struct text value = text_trim(without_comment(line)), key;

	if (value.n == 0)
		return;
	if (value.at[0] == '[' && value.at[value.n - 1] == ']' && value.n > 1) {
		begin_section(file, text_trim((struct text){ value.at + 1, value.n - 2 }));
		return;
	}
	key = text_trim(text_cut(&value, '='));
	if (!text_there(value) || key.n == 0 || key.at[0] == '[')
		problem(file, file->line, FAULT_CONFIG, NULL);
	else if (!file->passing)
		set_key(file, key, text_trim(value));
}

bool config_file_read(const struct record *record, void *rec, struct text body, struct arena *arena,
	struct config_file_report *report)
{
	struct file file = { .report = report, .arena = arena };

	*report = (struct config_file_report){ 0 };
	build_init(&file.build, record, rec, arena, &file.fault);
	while (text_there(body)) {
		file.line++;
		read_line(&file, text_cut(&body, '\n'));
	}
	end_section(&file);
	file.problems_before = 0;
	check_open(&file, 0);
	return report->problems_all == 0;
}
