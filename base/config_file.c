/* SPDX-License-Identifier: Apache-2.0 */
/* Lines a person wrote, through the same build and the same tables as a message. */
#include "base/config_file.h"

struct file {
	struct build build;
	int line, section_line;
};

/* Cuts a comment off: '#' at the start or after white space, so that "https://host/#top" stays whole. */
static struct text without_comment(struct text line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.at[i] == '#' && (i == 0 || line.at[i - 1] == ' ' || line.at[i - 1] == '\t'))
			return (struct text){ line.at, i };
	return line;
}

/* Ends the open [section]; what it misses is said of the line it began on. */
static bool end_section(struct file *file)
{
	struct build_frame *frame = &file->build.frames[file->build.depth - 1];

	if (file->build.depth == 1)
		return true;
	if (!record_check(frame->record, frame->rec, file->build.fault)) {
		file->line = file->section_line;
		return fault_under(file->build.fault, frame->name, frame->index);
	}
	build_close(&file->build);
	return true;
}

static bool begin_section(struct file *file, struct text line)
{
	struct text name = text_trim((struct text){ line.at + 1, line.n - 2 });
	const struct field *field;

	if (!end_section(file))
		return false;
	file->section_line = file->line;
	field = build_peek(&file->build, name);
	if (!field || field->kind != FIELD_LIST)
		return build_fault(&file->build, FAULT_UNKNOWN_ELEMENT);
	return build_open(&file->build, name) == BUILD_RECORD;
}

static bool set_key(struct file *file, struct text key, struct text value)
{
	const struct field *field = build_peek(&file->build, key);
	struct build_frame *frame = &file->build.frames[file->build.depth - 1];

	if (!field || field->kind == FIELD_GROUP || field->kind == FIELD_LIST)
		return build_fault(&file->build, FAULT_UNKNOWN_ELEMENT);
	if (build_open(&file->build, key) == BUILD_FAILED)
		return false;
	if (value.n && !field_check_text(field, value, file->build.fault))
		return build_fault(&file->build, file->build.fault->code);
	if (!build_value(&file->build, value))
		return false;
	if (!value.n && field->kind == FIELD_TEXT)
		*(struct text *)field_at(field, frame->rec) = text_lit("");
	build_close(&file->build);
	return true;
}

static bool read_line(struct file *file, struct text line)
{
	struct text value = text_trim(without_comment(line)), key;

	if (value.n == 0)
		return true;
	if (value.at[0] == '[')
		return value.at[value.n - 1] == ']' ? begin_section(file, value) : build_fault(&file->build, FAULT_CONFIG);
	key = text_trim(text_cut(&value, '='));
	if (!text_there(value) || key.n == 0)
		return build_fault(&file->build, FAULT_CONFIG);
	return set_key(file, key, text_trim(value));
}

bool config_file_read(const struct record *record, void *rec, struct text body, struct arena *arena, int *line,
	struct fault *fault)
{
	struct file file = { 0 };

	build_init(&file.build, record, rec, arena, fault);
	while (text_there(body)) {
		file.line++;
		if (!read_line(&file, text_cut(&body, '\n'))) {
			*line = file.line;
			return false;
		}
	}
	if (!end_section(&file)) {
		*line = file.line;
		return false;
	}
	*line = 0;
	return record_check(record, rec, fault);
}
