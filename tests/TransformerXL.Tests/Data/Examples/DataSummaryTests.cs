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
        Refused(() => TextData.Inspect(train, _file.Texts("numbers.csv", "text,score\nc,1\n")), "One", "Number");
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
        Refused(() => SentenceData.Inspect(train, _file.Sentences("valid.conll", "a O\n\nb O\nc I-X\n")), "valid.conll', line 3", "word 2", "'I-X' cannot follow 'O'");
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
            """)), "line 2", "'1'", "earlier question");
    }
}
