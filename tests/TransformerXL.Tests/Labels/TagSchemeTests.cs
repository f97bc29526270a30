using TransformerXL.Labels;
using Xunit;

namespace TransformerXL.Tests.Labels;

/// <summary>Schemes of tags. Spans are those of seqeval 1.2.2 (strict, and default).</summary>
public sealed class TagSchemeTests
{
    private static string[] Tags(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Text(IEnumerable<TagSpan> spans) => string.Join(' ', spans.Select(span => $"{span.Type}{span.Start}-{span.End}"));

    [Theory]
    [InlineData(TagScheme.Iob2, "B-A I-A O B-B", "A0-2 B3-4")]
    [InlineData(TagScheme.Iob2, "I-A B-A I-B", "A1-2")]
    [InlineData(TagScheme.Iob2, "B-A B-A I-A", "A0-1 A1-3")]
    [InlineData(TagScheme.Iob2, "O I-A I-A", "")]
    [InlineData(TagScheme.Iob1, "I-A I-A I-B O I-A B-A", "A0-2 B2-3 A4-5 A5-6")]
    [InlineData(TagScheme.Iob1, "O B-A I-A", "A2-3")]
    [InlineData(TagScheme.Iob1, "I-A B-A B-B", "A0-1")]
    [InlineData(TagScheme.Bioes, "S-A B-B I-B E-B O", "A0-1 B1-4")]
    [InlineData(TagScheme.Bioes, "B-A I-A O S-A", "A3-4")]
    [InlineData(TagScheme.Bioes, "B-A E-B E-A", "")]
    [InlineData(TagScheme.Bioes, "B-A B-A E-A", "A1-3")]
    [InlineData(TagScheme.Plain, "B-A I-A", "")]
    [InlineData(TagScheme.Iob2, "B I O", "_0-2")]
    public void Strict_spans_are_those_of_seqeval(TagScheme scheme, string tags, string spans) =>
        Assert.Equal(spans, Text(TagSchemes.Spans(Tags(tags), scheme)));

    [Theory]
    [InlineData("I-A I-A I-B O I-A", "A0-2 B2-3 A4-5")]
    [InlineData("B-A I-B O", "A0-1 B1-2")]
    [InlineData("O E-A I-A", "A1-2 A2-3")]
    [InlineData("B-A I-A E-A S-A", "A0-3 A3-4")]
    [InlineData("B-A B-A", "A0-1 A1-2")]
    [InlineData("", "")]
    public void Lenient_spans_are_those_of_conlleval(string tags, string spans) =>
        Assert.Equal(spans, Text(TagSchemes.LenientSpans(Tags(tags))));

    [Theory]
    [InlineData(TagScheme.Iob1, "I-A I-A B-A O I-B")]
    [InlineData(TagScheme.Iob2, "B-A I-A B-A O B-B")]
    [InlineData(TagScheme.Bioes, "B-A E-A S-A O S-B")]
    public void A_scheme_is_converted_to_every_other_and_back(TagScheme scheme, string tags)
    {
        foreach (TagScheme other in (TagScheme[])[TagScheme.Iob1, TagScheme.Iob2, TagScheme.Bioes])
        {
            string[] converted = TagSchemes.Convert(Tags(tags), scheme, other);
            Assert.Equal(-1, TagSchemes.FirstFault(converted, other, out _));
            Assert.Equal("A0-2 A2-3 B4-5", Text(TagSchemes.Spans(converted, other)));
            Assert.Equal(Tags(tags), TagSchemes.Convert(converted, other, scheme));
        }
    }

    [Theory]
    [InlineData(TagScheme.Iob2, "O I-A", 1, "cannot follow 'O'")]
    [InlineData(TagScheme.Iob2, "B-A I-B", 1, "cannot follow 'B-A'")]
    [InlineData(TagScheme.Iob2, "S-A", 0, "no tag of IOB2")]
    [InlineData(TagScheme.Iob1, "O B-A", 1, "cannot follow")]
    [InlineData(TagScheme.Bioes, "B-A O", 1, "cannot follow")]
    [InlineData(TagScheme.Bioes, "O B-A", 1, "cannot end")]
    [InlineData(TagScheme.Bioes, "E-A", 0, "beginning")]
    [InlineData(TagScheme.Iob2, "NN", 0, "no tag")]
    public void The_first_fault_of_a_sequence_is_named(TagScheme scheme, string tags, int word, string reason)
    {
        Assert.Equal(word, TagSchemes.FirstFault(Tags(tags), scheme, out string found));
        Assert.Contains(reason, found, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => TagSchemes.Convert(Tags(tags), scheme, TagScheme.Iob2));
    }

    [Fact]
    public void Spans_that_overlap_cannot_be_written()
    {
        Assert.Contains("overlaps", Assert.Throws<InputException>(() => TagSchemes.Write([new("A", 0, 2), new("B", 1, 3)], 3, TagScheme.Iob2)).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => TagSchemes.Write([new("A", 2, 4)], 3, TagScheme.Iob2));
    }

    [Fact]
    public void A_set_of_labels_has_ids_in_order_and_names_the_nearest()
    {
        LabelSet labels = LabelSet.Sorted(["spam", "ham", "spam"]);
        Assert.Equal(["ham", "spam"], labels);
        Assert.Equal(1, labels.IdOf("spam"));
        Assert.Contains("'spam'", Assert.Throws<InputException>(() => labels.IdOf("spm")).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => new LabelSet(["a", "a"]));
        Assert.Throws<InputException>(() => new LabelSet([""]));
    }
}
