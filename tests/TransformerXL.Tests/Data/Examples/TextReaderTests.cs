using System.Text;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Examples.Reading;
using Xunit;
using static TransformerXL.Tests.Data.Examples.ExampleFile;

namespace TransformerXL.Tests.Data.Examples;

/// <summary>Readers of labelled texts.</summary>
public sealed class TextReaderTests : IDisposable
{
    private readonly ExampleFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void Csv_has_quoted_fields_with_separators_quotes_and_line_breaks()
    {
        TextExample[] read = [.. _file.Texts("a.csv", "id,text,label\r\n1,\"a, \"\"b\"\"\r\nc\",x\r\n\r\n2,plain,y")];
        Assert.Equal(["a, \"b\"\r\nc", "plain"], read.Select(example => example.Text));
        Assert.Equal(["x", "y"], read.Select(example => example.Labels.Single()));
        Assert.Equal(["1", "2"], read.Select(example => example.Id));
        Assert.Equal([2L, 5L], read.Select(example => example.Place.Line));
    }

    [Fact]
    public void The_separator_of_csv_may_be_a_semicolon_and_a_byte_order_mark_is_no_part_of_a_name()
    {
        File.WriteAllText(Path.Combine(_file.Folder, "a.csv"), "text;label\na, b;x\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        TextExample read = Assert.Single(ExampleFiles.OpenTexts(Path.Combine(_file.Folder, "a.csv"), new()));
        Assert.Equal(("a, b", "x"), (read.Text, read.Labels[0]));
    }

    [Fact]
    public void A_separator_divides_labels_of_json_lines_as_those_of_tables()
    {
        ExampleSource<TextExample> source = _file.Texts("a.jsonl", "{\"text\":\"one\",\"label\":\"b, a\"}\n{\"text\":\"two\",\"label\":[\"c\"]}\n{\"text\":\"three\",\"label\":\"\"}\n", new() { LabelSeparator = "," });
        Assert.Equal(LabelKind.Several, source.Labels);
        Assert.Equal([["a", "b"], ["c"], []], source.Select(example => example.Labels));
    }

    [Theory]
    [InlineData("a.json", "[{\"text\":\"a\",\"label\":\"x\"},{\"text\":\"b\",\"label\":\"y\"}]")]
    [InlineData("a.json", "[\n  {\"text\":\"a\",\"label\":\"x\"}\n]\n")]
    [InlineData("a.txt", "[{\"text\":\"a\",\"label\":\"x\"}]")]
    public void A_json_array_is_no_table_and_no_words(string name, string content)
    {
        Refused(() => _file.Texts(name, content), "is JSON, but not JSON lines", "an object in a line of its own");
        Refused(() => _file.Sentences(name, content), "is JSON, but not JSON lines", "an object in a line of its own");
    }

    [Fact]
    public void Words_may_begin_with_a_bracket() => Assert.Equal(["[", "b"], _file.Sentences("a.conll", "[ O\nb O\n").Single().Words);

    [Fact]
    public void A_short_line_of_a_pipe_is_read_before_more_arrives()
    {
        using OneLineStream pipe = new("a\n"u8.ToArray());
        Assert.Equal((1L, "a"), TextLines.Read(() => new CheckedTextReader("pipe", pipe), "pipe", 100).First());
    }

    /// <summary>A pipe that has delivered one line; a read of more would wait for ever.</summary>
    private sealed class OneLineStream(byte[] line) : MemoryStream(line)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer) is > 0 and var count ? count : throw new InvalidOperationException("more than the line was asked for");
    }

    [Fact]
    public void Columns_can_be_named_and_several_labels_share_a_field()
    {
        ExampleOptions options = new() { TextColumn = "what", LabelColumn = "kinds", LabelSeparator = "," };
        ExampleSource<TextExample> source = _file.Texts("a.tsv", "kinds\twhat\tother\nb, a\tone\t-\n\ttwo\t-\n", options);
        Assert.Equal(LabelKind.Several, source.Labels);
        Assert.Equal([["a", "b"], []], source.Select(example => example.Labels));
        Assert.All(source, example => Assert.True(example.IsLabelled));
    }

    [Fact]
    public void Quotes_of_tsv_are_text_unless_all_fit_the_rules()
    {
        Assert.Equal("\"So\" it is", _file.Texts("a.tsv", "text\tlabel\n\"So\" it is\tx\nb\ty\n").First().Text);
        Assert.Equal("a\tb", _file.Texts("b.tsv", "text\tlabel\n\"a\tb\"\tx\nb\ty\n").First().Text);
    }

    [Fact]
    public void Json_lines_have_a_label_several_labels_or_a_number()
    {
        Assert.Equal(["x", "3", "true"], _file.Texts("a.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\",\"label\":3}\n\n{\"text\":\"c\",\"label\":true}\n").Select(example => example.Labels[0]));
        Assert.Equal(LabelKind.Several, _file.Texts("b.jsonl", "{\"text\":\"a\",\"labels\":[\"x\"]}\n").Labels);
        ExampleSource<TextExample> numbers = _file.Texts("c.jsonl", "{\"sentence1\":\"a\",\"sentence2\":\"b\",\"label\":1.5}\n{\"sentence1\":\"a\",\"sentence2\":\"b\",\"label\":2}\n");
        Assert.Equal([1.5, 2], numbers.Select(example => example.Number!.Value));
        Assert.Equal("b", numbers.First().SecondText);
    }

    [Fact]
    public void A_folder_for_each_class_has_a_file_for_each_document()
    {
        _file.Write("train/spam/1.txt", "buy\nnow");
        _file.Write("train/ham/2.txt", "hello");
        _file.Write("train/ham/.hidden", "no");
        TextExample[] read = [.. ExampleFiles.OpenTexts(Path.Combine(_file.Folder, "train"), new())];
        Assert.Equal([("hello", "ham", "ham/2.txt"), ("buy\nnow", "spam", "spam/1.txt")], read.Select(example => (example.Text, example.Labels[0], example.Id!)));
    }

    [Theory]
    [InlineData("CoLA", "gj04\t1\t\tOur friends.\ngj04\t0\t*\tThey \"drank.\n", "Our friends.", null, "1")]
    [InlineData("SST-2", "sentence\tlabel\nhide new \"secretions\t0\n", "hide new \"secretions", null, "0")]
    [InlineData("MRPC", "\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t70\t71\tA said \"b\tC\n", "A said \"b", "C", "1")]
    [InlineData("QQP", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\n4\t5\t6\tWhy?\tHow?\t0\n", "Why?", "How?", "0")]
    [InlineData("MNLI", "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label\n0\t1\t1n\tg\t-\t-\t-\t-\tA\tB\tneutral\tneutral\n", "A", "B", "neutral")]
    [InlineData("QNLI", "index\tquestion\tsentence\tlabel\n0\tWhat?\tThat.\tentailment\n", "What?", "That.", "entailment")]
    [InlineData("RTE or WNLI", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tnot_entailment\n", "A", "B", "not_entailment")]
    public void Files_of_Glue_are_known_by_their_columns(string task, string content, string text, string? second, string label)
    {
        ExampleSource<TextExample> source = _file.Texts("train.tsv", content);
        TextExample first = source.First();
        Assert.Equal(($"GLUE {task}", ExampleFormat.Glue), (source.FormatName, source.Format));
        Assert.Equal((text, second, label), (first.Text, first.SecondText, first.Labels.Single()));
    }

    [Fact]
    public void The_numbers_of_Glue_STS_B_are_predicted_and_test_files_have_no_labels()
    {
        const string Columns = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2";
        Assert.Equal(2.4, _file.Texts("train.tsv", Columns + "\tscore\n0\tm\tx\t2012\t1\tn\tn\tA.\tB.\t2.400\n").Single().Number);
        Assert.False(_file.Texts("test.tsv", Columns + "\n0\tm\tx\t2012\t1\tn\tn\tA.\tB.\n").Single().IsLabelled);
        Assert.Equal("GLUE CoLA or SST-2", _file.Texts("sst.tsv", "index\tsentence\n0\tuneasy\n").FormatName);
    }

    [Fact]
    public void Names_of_columns_may_differ_in_case_where_one_alone_fits()
    {
        TextExample example = _file.Texts("a.csv", "Text,Label,ID\na,x,7\n").Single();
        Assert.Equal(("a", "x", "7"), (example.Text, Assert.Single(example.Labels), example.Id));
        Assert.Equal("b", _file.Texts("pair.csv", "Sentence1,SENTENCE2,label\na,b,x\n").Single().SecondText);
        Assert.Equal(1.5, _file.Texts("score.csv", "text,Score\na,1.5\n").Single().Number);
        Assert.Equal("a", _file.Texts("named.csv", "Body,text,label\na,b,x\n", new() { TextColumn = "body" }).Single().Text);
        Assert.Equal("b", _file.Texts("exact.csv", "Text,sentence,label\na,b,x\n").Single().Text);
        Assert.Equal("x", Assert.Single(_file.Texts("a.jsonl", "{\"Text\":\"a\",\"Label\":\"x\"}\n").Single().Labels));
        Refused(() => _file.Texts("two.csv", "Text,TEXT,label\na,b,x\n"), "no column of texts");
    }

    [Fact]
    public void A_missing_column_is_told_with_those_that_exist()
    {
        Refused(() => _file.Texts("a.csv", "txt,label\na,x\n"), "a.csv', line 1", "no column of texts", "'txt', 'label'");
        Refused(() => _file.Texts("a.csv", "text,label\na,x\n", new() { LabelColumn = "lable" }), "line 1", "'lable'", "did you mean 'label'?");
        Refused(() => _file.Texts("a.csv", "text,kind\na,x\n", new() { RequiresLabels = true }), "no column of labels", "'kind'");
        Refused(() => _file.Texts("a.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n{\"label\":\"x\"}\n"), "line 2", "'text'");
    }

    [Fact]
    public void What_is_wrong_in_a_table_is_told_with_line_and_column()
    {
        Refused(() => _file.Texts("a.csv", "text,label\na,x\nb, c,x\n"), "line 3", "3 fields", "'text', 'label'", "quotes");
        Refused(() => _file.Texts("a.csv", "text,label\na,x\nb\n"), "line 3", "the line has 1 field, but");
        Refused(() => _file.Texts("a.csv", "text,label\na,x\n,y\n"), "line 3, column text", "empty");
        Refused(() => _file.Texts("a.csv", "text,label\na 5\" disk,x\nb,y\n"), "line 2", "quote is inside a field", "double");
        Refused(() => _file.Texts("a.csv", "text,label\n\"a,x\nb,y\n"), "line 2", "not closed");
        Refused(() => _file.Texts("a.csv", "text,label\n\"a\" b,x\n"), "line 2, column text", "quote");
        Refused(() => _file.Texts("a.csv", "text,text\na,x\n"), "line 1", "two columns are named 'text'");
        Refused(() => _file.Texts("a.csv", "text,score\na,high\n"), "line 2, column score", "'high' is no number");
        Refused(() => _file.Texts("a.csv", "text,label\nlong text,x\n", new() { MaxText = 4 }), "line 2, column text", "9 characters", "4");
        Refused(() => _file.Texts("a.csv", "text,label\na,\n", new() { RequiresLabels = true }), "line 2, column label", "empty");
    }

    [Fact]
    public void Bytes_that_are_no_text_are_told_with_their_line()
    {
        string path = _file.Write("a.csv", "");
        File.WriteAllBytes(path, [.. "text,label\na,x\nb"u8, 0xE9, .. ",y\n"u8]);
        Refused(() => ExampleFiles.OpenTexts(path, new()), "line 3", "0xE9", "byte offset 16", "UTF-8");
        File.WriteAllBytes(path, [.. "text,label\na,x\nb"u8, 0, .. ",y\n"u8]);
        Refused(() => ExampleFiles.OpenTexts(path, new()), "line 3", "NUL");
        Refused(() => _file.Texts("a.jsonl", "{\"text\":\"a\\u0000\",\"label\":\"x\"}\n"), "line 1, column text", "NUL");
        Refused(() => _file.Texts("a.jsonl", "{\"text\":\"a\\ud800\",\"label\":\"x\"}\n"), "line 1, column 11", "surrogate");
    }

    [Fact]
    public void A_line_that_is_no_json_is_told_with_its_column()
    {
        Refused(() => _file.Texts("a.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\" x}\n"), "line 2, column 13", "JSON");
        Refused(() => _file.Texts("a.jsonl", "[1]\n"), "line 1", "list", "object");
        Refused(() => _file.Texts("a.jsonl", "{\"text\":\"a\",\"label\":{}}\n"), "line 1, column label", "object");
    }

    [Fact]
    public void An_enumeration_reads_the_file_again_and_parts_are_disjoint_and_hold_equal_texts_together()
    {
        ExampleSource<TextExample> source = _file.Texts("a.csv", "text,label\n" + string.Concat(Enumerable.Range(0, 600).Select(i => $"text {i / 2},x\n")));
        Assert.Equal(source.Count(), source.Count());
        HashSet<string>[] parts = [.. Enum.GetValues<SplitPart>().Select(part => source.Part(part, 0.2, 0.1).Select(example => example.Text).ToHashSet())];
        Assert.Equal(300, parts.Sum(part => part.Count));
        Assert.InRange(parts[1].Count, 40, 80);
        Assert.InRange(parts[2].Count, 15, 45);
    }

    [Fact]
    public void The_splits_of_a_folder_are_found_by_name()
    {
        _file.Write("a/mail.train.jsonl", "");
        _file.Write("a/mail.valid.jsonl", "");
        ExampleSplits splits = ExampleFiles.FindSplits(Path.Combine(_file.Folder, "a"))!;
        Assert.Equal(("mail.train.jsonl", "mail.valid.jsonl", null), (Path.GetFileName(splits.Train), Path.GetFileName(splits.Validation), splits.Test));
        _file.Write("b/train-v2.0.json", "");
        _file.Write("b/dev-v2.0.json", "");
        Assert.EndsWith("dev-v2.0.json", ExampleFiles.FindSplits(Path.Combine(_file.Folder, "b"))!.Validation);
        _file.Write("b/dev.tsv", "");
        Refused(() => ExampleFiles.FindSplits(Path.Combine(_file.Folder, "b")), "dev-v2.0.json", "dev.tsv");
        Assert.Null(ExampleFiles.FindSplits(_file.Folder));
    }
}
