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

    [Fact]
    public void What_is_wrong_in_a_sentence_is_told_with_its_place()
    {
        Refused(() => _file.Sentences("a.conll", "a O\nb\n"), "line 2", "some have none");
        Refused(() => _file.Sentences("a.conll", "a X O\n", new() { TagColumn = 7 }), "line 1", "3 columns", "column 7");
        Refused(() => _file.Sentences("a.conll", "a\nb\n", new() { RequiresLabels = true }), "line 1", "no tags");
        Refused(() => _file.Sentences("a.conll", "a O\nb I-X\n", new() { Scheme = TagScheme.Iob2 }), "line 2", "'I-X' cannot follow 'O'", "IOB2");
        Refused(() => _file.Sentences("a.jsonl", "{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\"]}\n"), "line 1", "2 words", "1 tag;");
        Refused(() => _file.Sentences("a.jsonl", "{\"text\":\"a b c\",\"spans\":[[0,3,\"X\"],[2,5,\"Y\"]]}\n"), "line 1, column spans", "overlap", "'Y'");
        Refused(() => _file.Sentences("a.jsonl", "{\"text\":\"a b\",\"spans\":[[2,9,\"X\"]]}\n"), "line 1", "2 to 9", "3 characters");
        Refused(() => _file.Sentences("a.jsonl", "{\"words\":[\"a\",\" \"],\"tags\":[\"O\",\"O\"]}\n"), "line 1, column words", "empty");
    }
}
