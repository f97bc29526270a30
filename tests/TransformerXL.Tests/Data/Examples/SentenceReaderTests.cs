using TransformerXL.Inference;
using TransformerXL.Labels;
using TransformerXL.Training.Examples;
using Xunit;
using static TransformerXL.Tests.Data.Examples.ExampleFile;

namespace TransformerXL.Tests.Data.Examples;

/// <summary>Readers of sentences with tags.</summary>
public sealed class SentenceReaderTests : IDisposable
{
    private readonly ExampleFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void Conll_has_columns_sentences_and_documents()
    {
        SentenceExample[] read = [.. _file.Sentences("a.conll", "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n\nPeter\tNNP\tB-NP\tB-PER\r\n\n-DOCSTART-\n\nx X X O")];
        Assert.Equal([["EU", "rejects"], ["Peter"], ["x"]], read.Select(sentence => sentence.Words));
        Assert.Equal([["B-ORG", "O"], ["B-PER"], ["O"]], read.Select(sentence => sentence.Tags));
        Assert.Equal([true, false, true], read.Select(sentence => sentence.StartsDocument));
        Assert.Equal([3L, 7L, 11L], read.Select(sentence => sentence.Place.Line));
        Assert.Equal(["NNP", "VBZ"], _file.Sentences("b.txt", "EU NNP B-ORG\nrejects VBZ O\n", new() { TagColumn = 2 }).Single().Tags);
    }

    [Fact]
    public void Conll_U_has_words_in_column_2_and_lines_that_are_no_words()
    {
        const string Text = "# newdoc\n# text = vámonos\n1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_\n1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_\n2\tnos\tyo\tPRON\t_\t_\t1\tobj\t_\t_\n2.1\tx\tx\tX\t_\t_\t_\t_\t_\t_\n\n";
        SentenceExample read = _file.Sentences("a.conllu", Text).Single();
        Assert.Equal(["vamos", "nos"], read.Words);
        Assert.Equal(["VERB", "PRON"], read.Tags);
    }

    [Fact]
    public void Json_lines_have_words_with_tags_or_a_text_with_spans_of_code_points()
    {
        Assert.Equal(["O", "B-X"], _file.Sentences("a.jsonl", "{\"tokens\":[\"a\",\"b\"],\"ner_tags\":[\"O\",\"B-X\"]}\n").Single().Tags);
        SentenceExample spans = _file.Sentences("b.jsonl", "{\"text\":\"\U0001F600 In New York, now\",\"spans\":[{\"start\":5,\"end\":13,\"label\":\"PLACE\"}]}\n").Single();
        Assert.Equal(["\U0001F600", "In", "New", "York", ",", "now"], spans.Words);
        Assert.Equal(["O", "O", "B-PLACE", "I-PLACE", "O", "O"], spans.Tags);
    }

    [Theory]
    [InlineData("Adamant lives in Newcastle.", 0, 3, "0..3", "'Adamant'", "0..7")]
    [InlineData("Adamant lives in Newcastle.", 4, 26, "4..26", "'Adamant'", "0..26")]
    [InlineData("\U0001F600 In Newcastle now", 5, 8, "5..8", "'Newcastle'", "5..14")]
    public void A_span_that_cuts_a_word_is_refused(string text, int start, int end, string span, string word, string wide) => Refused(
        () => _file.Sentences("a.jsonl", $"{{\"text\":\"{text}\",\"spans\":[{{\"start\":{start},\"end\":{end},\"label\":\"PER\"}}]}}\n"),
        "a.jsonl', line 1, column spans", $"span {span} of 'PER'", word, $"widen the span to {wide}");

    [Theory]
    [InlineData("Mr. Smith (of Rome), at 5 p.m. \u201cnow\u201d...", 4, 9)]
    [InlineData("\u6211\u4f4f\u5728\u5317\u4eac\u3002", 3, 5)]
    [InlineData("no marks in Rome", 12, 16)]
    public void Texts_with_spans_have_the_words_that_predictions_have(string text, int start, int end)
    {
        ExampleSource<SentenceExample> source = _file.Sentences("a.jsonl", $"{{\"text\":\"{text}\",\"spans\":[[{start},{end},\"X\"]]}}\n");
        Assert.Equal(LabellerInput.Of(text, SentenceData.Inspect(source).WholeWords).Words, source.Single().Words);
        Assert.Equal(LabellerInput.Of(text, wholeWords: []).Words, source.Single().Words);
        Assert.Equal("B-X", source.Single().Tags.First(tag => tag != "O"));
        Assert.Equal(text[start..end], string.Concat(source.Single().Words.Zip(source.Single().Tags).Where(word => word.Second != "O").Select(word => word.First)));
    }

    [Fact]
    public void What_is_wrong_in_a_sentence_is_told_with_its_place()
    {
        Refused(() => _file.Sentences("a.conll", "a O\nb\n"), "line 2", "'b' has no tag", "words before it", "give each word a tag");
        Refused(() => _file.Sentences("a.conll", "a\nb O\n"), "line 2", "'b' has a tag", "have none", "give each word a tag");
        Refused(() => _file.Sentences("a.conll", "a X O\n", new() { TagColumn = 7 }), "line 1", "3 columns", "column 7", "from 1 to 3, or -1 for the last");
        Refused(() => _file.Sentences("a.conll", "a\nb\n", new() { RequiresLabels = true }), "line 1", "no tags");
        Refused(() => _file.Sentences("a.conll", "a O\nb I-X\n", new() { Scheme = TagScheme.Iob2 }), "line 2", "'I-X' cannot follow 'O'", "IOB2");
        Refused(() => _file.Sentences("a.jsonl", "{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\"]}\n"), "line 1, column tags", "2 words", "1 tag;", "Add those that are missing");
        Refused(() => _file.Sentences("a.jsonl", "{\"text\":\"a b c\",\"spans\":[[0,3,\"X\"],[2,5,\"Y\"]]}\n"), "line 1, column spans", "overlap", "'Y'");
        Refused(() => _file.Sentences("a.jsonl", "{\"text\":\"a b\",\"spans\":[[2,9,\"X\"]]}\n"), "line 1", "2 to 9", "3 characters");
        Refused(() => _file.Sentences("a.jsonl", "{\"words\":[\"a\",\" \"],\"tags\":[\"O\",\"O\"]}\n"), "line 1, column words", "empty");
    }
}
