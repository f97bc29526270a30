using System.Globalization;
using TransformerXL.Labels;
using TransformerXL.Training.Examples;
using Xunit;
using static TransformerXL.Tests.Data.Examples.ExampleFile;

namespace TransformerXL.Tests.Data.Examples;

/// <summary>What is told of a data set before a training.</summary>
public sealed class DataSummaryTests : IDisposable
{
    private readonly ExampleFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void Balance_lengths_and_duplicates_are_counted()
    {
        TextData data = TextData.Inspect(
            _file.Texts("train.csv", "text,label\naa,x\nbbbb,y\naa,x\naa,y\nc,x\n"),
            _file.Texts("valid.csv", "text,label\nnew,x\nbbbb,y\naa,\n"));
        SplitSummary train = data.Summary.Splits[0];
        Assert.Equal([new("x", 3), new("y", 2)], train.Labels);
        Assert.Equal(new LengthSummary(1, 2, 2.2, 4, 4, "characters"), train.Lengths);
        Assert.Equal((5, 2, 1), (train.Count, train.Duplicates, train.Contradictions));
        SplitOverlap overlap = Assert.Single(data.Summary.Overlaps);
        Assert.Equal(("training", "validation", 2, 3), (overlap.First, overlap.Second, overlap.Count, overlap.Example.Line));
        Assert.Equal(1, data.Summary.Splits[1].Unlabelled);
        Assert.Equal(3, data.Summary.Warnings.Count);
        Assert.Contains("2 of the 3 validation examples are in the training data as well", data.Summary.Warnings[0].Message, StringComparison.Ordinal);
        Assert.Matches("1 of the 3 validation examples has no label or answer and is left out: '.*valid.csv', line 4$", data.Summary.Warnings[2].Message);
    }

    [Fact]
    public void A_label_that_training_lacks_is_refused_with_its_place()
    {
        ExampleSource<TextExample> train = _file.Texts("train.csv", "text,label\na,spam\nb,ham\n");
        Refused(() => TextData.Inspect(train, _file.Texts("valid.csv", "text,label\nc,ham\nd,spm\n")), "valid.csv', line 3", "'spm'", "'spam'");
        Refused(() => TextData.Inspect(train, _file.Texts("valid.csv", "text,label\n")), "valid.csv", "no examples for validation");
        Refused(() => TextData.Inspect(_file.Texts("one.csv", "text,label\na,x\n")), "1 label, 'x'");
        Refused(() => TextData.Inspect(train, _file.Texts("pairs.csv", "sentence1,sentence2,label\nc,d,ham\n")), "pair");
        Refused(() => TextData.Inspect(train, _file.Texts("numbers.csv", "text,score\nc,1\n")), "one label", "numbers");
        Refused(() => TextData.Inspect(_file.Texts("bare.csv", "text,other\na,ham\nb,spam\n"), train), "bare.csv", "no example", "name the column or member");
    }

    [Fact]
    public void Numbers_have_mean_and_deviation()
    {
        TextData data = TextData.Inspect(_file.Texts("train.csv", "text,score\na,1\nb,3\n"));
        Assert.Equal((LabelKind.Number, 2.0, 1.0, 0), (data.Kind, data.Mean, data.Deviation, data.Labels.Count));
        Refused(() => TextData.Inspect(_file.Texts("far.csv", "text,score\na,1e308\nb,-1e308\n")), "far.csv", "too far apart", "Scale them down");
    }

    [Fact]
    public void Labels_that_are_numbers_with_a_fraction_are_reported()
    {
        TextData ratings = TextData.Inspect(_file.Texts("ratings.csv", "text,label\na,1\nb,2.5\nc,3\n"));
        DataWarning numbers = Assert.Single(ratings.Summary.Warnings);
        Assert.Contains("the labels are 3 different numbers", numbers.Message, StringComparison.Ordinal);
        Assert.Equal(new InputRemedy("task.examples.labels", "number"), Assert.Single(numbers.Remedies));
        Assert.Empty(TextData.Inspect(_file.Texts("ids.csv", "text,label\na,1\nb,2\n")).Summary.Warnings);
        Refused(() => TextData.Inspect(_file.Texts("ratings.csv", "text,label\na,1\nb,2.5\n"), _file.Texts("valid.csv", "text,label\nc,3.5\n")), "line 2", "'3.5'", "say that labels are numbers");
    }

    [Theory]
    [InlineData("[\n{\"text\":\"a\",\"label\":\"x\"}]")]
    [InlineData("[{\"text\":\"a\",\"label\":\"x\"},{\"text\":\"b\",\"label\":\"y\"}]\n")]
    [InlineData("{\n\"text\": \"a\"}\n")]
    public void JSON_that_is_no_lines_is_no_table_and_no_columns_of_words(string content)
    {
        Refused(() => _file.Texts("a.json", content), "a.json", "not JSON lines", "a line of its own");
        Refused(() => _file.Sentences("a.json", content), "a.json", "not JSON lines");
    }

    [Theory]
    [InlineData("a B-X\nb I-X\nc O\n", TagScheme.Iob2, "B-X I-X O")]
    [InlineData("a I-X\nb B-X\nc O\n", TagScheme.Iob1, "B-X I-X O")]
    [InlineData("a B-X\nb E-X\nc S-Y\n", TagScheme.Bioes, "B-X B-Y E-X E-Y I-X I-Y O S-X S-Y")]
    [InlineData("a NN\nb I\nc O\n", TagScheme.Plain, "I NN O")]
    public void The_scheme_of_tags_is_found_and_whole_spans_can_be_predicted(string text, TagScheme scheme, string tags)
    {
        SentenceData data = SentenceData.Inspect(_file.Sentences("a.conll", text));
        Assert.Equal((scheme, tags), (data.Scheme, string.Join(' ', data.Tags)));
    }

    [Fact]
    public void Tags_outside_the_scheme_or_the_training_data_are_refused()
    {
        ExampleSource<SentenceExample> train = _file.Sentences("train.conll", "a B-X\nb O\n");
        Refused(() => SentenceData.Inspect(train, _file.Sentences("valid.conll", "a O\n\nb O\nc I-X\n")), "valid.conll', line 4", "word 2, 'c'", "'I-X' cannot follow 'O'", "correct the tag");
        Refused(() => SentenceData.Inspect(train, _file.Sentences("valid.conll", "a B-Y\n")), "line 1", "'B-Y'", "does not occur");
        Refused(() => SentenceData.Inspect(_file.Sentences("t.conll", "a B-X\nb I-Y\n\nc S-X\n")), "cannot follow");
        string spans = string.Concat(Enumerable.Repeat("a B-X\nb I-X\nc O\n\n", 10));
        Refused(() => SentenceData.Inspect(_file.Sentences("mistake.conll", $"{spans}d X-X\n")), "mistake.conll', line 41", "'X-X' is no tag of IOB2");
        Assert.Equal(TagScheme.Plain, SentenceData.Inspect(_file.Sentences("mistake.conll", $"{spans}d X-X\n"), scheme: TagScheme.Plain).Scheme);
        Refused(() => _file.Sentences("named.conll", "a B-X\n", new() { TextColumn = "text" }), "named.conll", "have numbers", "'text'");
        Refused(() => _file.Sentences("numbered.jsonl", "{\"words\":[\"a\"],\"tags\":[\"O\"]}\n", new() { TagColumn = 2 }), "numbered.jsonl", "have names");
        Assert.Equal([new LabelCount("X", 1)], SentenceData.Inspect(train).Summary.Splits[0].Labels);
    }

    [Fact]
    public void A_wrong_tag_is_told_with_the_line_of_its_word()
    {
        const string Text = "-DOCSTART- O\n\n\nx O\n\na O\nb O\nc {0}\nd O\n";
        string[] illegal = ["line 8", "word 3, 'c'", "'I-X' cannot follow 'O'", "correct the tag, or name the scheme"];
        Refused(() => SentenceData.Inspect(_file.Sentences("bad.conll", string.Format(CultureInfo.InvariantCulture, Text, "I-X")), scheme: TagScheme.Iob2), illegal);
        Refused(() => _file.Sentences("bad.conll", string.Format(CultureInfo.InvariantCulture, Text, "I-X"), new() { Scheme = TagScheme.Iob2 }), illegal);
        Refused(() => _file.Sentences("bad.jsonl", "{\"words\":[\"a\",\"b\"],\"tags\":[\"O\",\"I-X\"]}\n", new() { Scheme = TagScheme.Iob2 }), "line 1", "word 2, 'b'", "correct the tag, or name the scheme");
        ExampleSource<SentenceExample> train = _file.Sentences("train.conll", "a B-X\nb O\n");
        Refused(() => SentenceData.Inspect(train, _file.Sentences("unk.conll", string.Format(CultureInfo.InvariantCulture, Text, "B-Y"))), "unk.conll', line 8", "word 3, 'c'", "'B-Y'");
        string universal = string.Concat(((string[])["# text = x y", "1-2\txy", "1\tx", "# a note", "2\ty"]).Select(line => line[0] == '#' ? $"{line}\n" : $"{line}\t_\tO\t_\t_\t_\t_\t_\t_\n"));
        Refused(() => _file.Sentences("u.conllu", universal.Replace("2\ty\t_\tO", "2\ty\t_\tI-X", StringComparison.Ordinal), new() { Scheme = TagScheme.Iob2 }), "u.conllu', line 5", "word 2, 'y'");
    }

    [Fact]
    public void A_tag_outside_the_scheme_is_refused_in_a_small_file_too()
    {
        const string Text = "Ada B-PER\nlives O\nin O\nNew B-LOC\nYork I-LOC\n. O\n\nBob B-PER\nsaw O\nRome Z-LOC\ntoday O\n. O\n";
        Refused(() => SentenceData.Inspect(_file.Sentences("small.conll", Text)), "small.conll', line 10", "word 3, 'Rome'", "'Z-LOC' is no tag of IOB2", "plain where tags mark no spans");
        Assert.Equal(TagScheme.Plain, SentenceData.Inspect(_file.Sentences("plain.conll", Text), scheme: TagScheme.Plain).Scheme);
    }

    [Fact]
    public void Data_without_tags_names_what_is_missing()
    {
        Refused(() => SentenceData.Inspect(_file.Sentences("weather.jsonl", "{\"text\":\"it rains\",\"label\":\"wet\"}\n")), "weather.jsonl' has no tags", "'tokens' or 'words' in 'tags'", "'text' in 'spans' or 'entities'", "classify");
        Refused(() => SentenceData.Inspect(_file.Sentences("words.conll", "it\nrains\n")), "words.conll' has no tags", "another column");
    }

    [Theory]
    [InlineData("a.conll", "EU NNP\nrejects VBZ\n")]
    [InlineData("a.txt", "EU B-ORG\nrejects O\n")]
    [InlineData("a.txt", "EU\tB-ORG\nrejects\tO\n")]
    [InlineData("a.txt", "-DOCSTART- -X-\n\nEU NNP\n")]
    public void Columns_of_words_and_tags_are_no_texts_and_the_task_that_reads_them_is_named(string name, string content)
    {
        InputException error = Assert.Throws<InputException>(() => _file.Texts(name, content));
        Assert.Contains("a word and its label in each line", error.Message, StringComparison.Ordinal);
        Assert.Equal(new InputRemedy("task.kind", "label"), error.Remedies[0]);
    }

    [Fact]
    public void The_first_contradiction_is_named()
    {
        DataSummary one = TextData.Inspect(_file.Texts("one.csv", "text,label\na,x\nb,y\na,y\n")).Summary;
        Assert.Matches("another answer '.*one.csv', line 4: no model can have both right; correct or remove", Assert.Single(one.Warnings).Message);
        DataSummary two = TextData.Inspect(_file.Texts("two.csv", "text,label\na,x\na,x\na,y\na,y\n")).Summary;
        Assert.Matches("another answer, such as '.*two.csv', line 4: ", Assert.Single(two.Warnings).Message);
    }

    [Fact]
    public void Questions_are_counted_and_an_id_names_one()
    {
        ExampleSource<QuestionExample> source = _file.Questions("a.jsonl", """
            {"id":"1","context":"Ann came.","question":"Who?","answers":{"text":["Ann"],"answer_start":[0]}}
            {"id":"2","context":"Ann came.","question":"When?","answers":{"text":[],"answer_start":[]}}
            """);
        QuestionData data = QuestionData.Inspect(source);
        Assert.True(data.HasUnanswerable);
        Assert.Equal([new("with answer", 1), new("without answer", 1)], data.Summary.Splits[0].Labels);
        Refused(() => QuestionData.Inspect(_file.Questions("b.jsonl", """
            {"id":"1","context":"Ann came.","question":"Who?","answers":{"text":["Ann"],"answer_start":[0]}}
            {"id":"1","context":"Ann came.","question":"Who came?","answers":{"text":["Ann"],"answer_start":[0]}}
            """)), "line 2", "'1'", "earlier question as well, at '", "line 1; ids must differ", "change one");
    }
}
