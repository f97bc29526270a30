using TransformerXL.Files;

namespace TransformerXL.Labels;

/// <summary>Schemes of tags: their rules, their spans, and conversions.</summary>
public static class TagSchemes
{
    /// <summary>
    /// The scheme that a set of tags is of: <see cref="TagScheme.Bioes"/> if a tag begins with <c>E-</c> or <c>S-</c>, else <see cref="TagScheme.Iob2"/> if
    /// all are <c>O</c>, <c>B-X</c> or <c>I-X</c>, else <see cref="TagScheme.Plain"/>. Only whole sequences distinguish <see cref="TagScheme.Iob1"/> from IOB2.
    /// </summary>
    public static TagScheme Detect(IEnumerable<string> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        (bool spans, bool ends) = (false, false);
        foreach (string text in tags)
        {
            if (Tag.TryParse(text) is not { } tag)
            {
                return TagScheme.Plain;
            }

            // A tag of one letter alone may as well be a part of speech.
            spans |= text.Length > 1;
            ends |= tag.Prefix is 'E' or 'S';
        }

        return !spans ? TagScheme.Plain : ends ? TagScheme.Bioes : TagScheme.Iob2;
    }

    /// <summary>The spans of a sequence by the strict rules of seqeval for the scheme: what breaks them is no span.</summary>
    /// <param name="tags">One tag for each word.</param>
    /// <param name="scheme">The scheme; <see cref="TagScheme.Plain"/> has no spans.</param>
    public static IReadOnlyList<TagSpan> Spans(IReadOnlyList<string> tags, TagScheme scheme)
    {
        ArgumentNullException.ThrowIfNull(tags);
        return SpanReader.Strict(tags, scheme);
    }

    /// <summary>The spans of a sequence of any scheme by the rules of conlleval, the default of seqeval: a tag that cannot continue a span begins one.</summary>
    /// <param name="tags">One tag for each word.</param>
    public static IReadOnlyList<TagSpan> LenientSpans(IReadOnlyList<string> tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        return SpanReader.Lenient(tags);
    }

    /// <summary>The tags of spans.</summary>
    /// <param name="spans">Spans that do not overlap.</param>
    /// <param name="words">Number of words.</param>
    /// <param name="scheme">The scheme of the result.</param>
    /// <exception cref="InputException">Two spans overlap, or one is outside the words.</exception>
    public static string[] Write(IEnumerable<TagSpan> spans, int words, TagScheme scheme)
    {
        ArgumentNullException.ThrowIfNull(spans);
        string[] tags = new string[words];
        Array.Fill(tags, "O");
        TagSpan previous = new("", 0, 0);
        foreach (TagSpan span in spans.OrderBy(span => span.Start))
        {
            Require.That(span.Start >= 0 && span.Start < span.End && span.End <= words, $"a span has the words {span.Start} to {span.End - 1}, but there are {words} words");
            Require.That(span.Start >= previous.End, $"the span of '{InputText.Show(span.Type)}' at word {span.Start} overlaps the one before, which ends at word {previous.End - 1}");
            bool follows = span.Start == previous.End && previous.End > 0 && span.Type == previous.Type;
            for (int i = span.Start; i < span.End; i++)
            {
                tags[i] = Tag.Text(Prefix(scheme, i == span.Start, i == span.End - 1, follows), span.Type);
            }

            previous = span;
        }

        return tags;
    }

    /// <summary>The same spans in another scheme.</summary>
    /// <exception cref="InputException">The tags break the rules of their scheme, or one of the schemes has no spans.</exception>
    public static string[] Convert(IReadOnlyList<string> tags, TagScheme from, TagScheme to)
    {
        ArgumentNullException.ThrowIfNull(tags);
        Require.That(from != TagScheme.Plain && to != TagScheme.Plain, $"tags cannot be converted from {from} to {to}: plain tags have no spans");
        int fault = FirstFault(tags, from, out string reason);
        Require.That(fault < 0, $"the tag of word {fault + 1}: {reason}");
        return Write(Spans(tags, from), tags.Count, to);
    }

    /// <summary>The first word whose tag breaks the rules of a scheme.</summary>
    /// <param name="tags">One tag for each word.</param>
    /// <param name="scheme">The scheme.</param>
    /// <param name="reason">What is wrong; empty if nothing is.</param>
    /// <returns>The index of the word, or -1.</returns>
    public static int FirstFault(IReadOnlyList<string> tags, TagScheme scheme, out string reason)
    {
        ArgumentNullException.ThrowIfNull(tags);
        reason = "";
        for (int i = 0; i < tags.Count && scheme != TagScheme.Plain; i++)
        {
            string? previous = i == 0 ? null : tags[i - 1];
            string next = i == tags.Count - 1 ? "" : tags[i + 1];
            if (!IsKnown(tags[i], scheme))
            {
                reason = $"'{InputText.Show(tags[i])}' is no tag of {Describe(scheme)}";
            }
            else if (!MayFollow(previous, tags[i], scheme))
            {
                reason = $"'{InputText.Show(tags[i])}' cannot follow {(previous is null ? "the beginning of a sentence" : $"'{InputText.Show(previous)}'")} in {Describe(scheme)}";
            }
            else if (next.Length == 0 && !MayFollow(tags[i], "", scheme))
            {
                reason = $"'{InputText.Show(tags[i])}' cannot end a sentence in {Describe(scheme)}";
            }
            else
            {
                continue;
            }

            return i;
        }

        return -1;
    }

    /// <summary>Whether a tag may follow another.</summary>
    /// <param name="previous">The tag before; null for the beginning of a sentence.</param>
    /// <param name="next">The tag after; empty for the end of the sentence.</param>
    /// <param name="scheme">The scheme.</param>
    public static bool MayFollow(string? previous, string next, TagScheme scheme)
    {
        ArgumentNullException.ThrowIfNull(next);
        Tag before = previous is null ? Tag.Outside : Tag.TryParse(previous) ?? Tag.Outside;
        Tag after = Tag.TryParse(next) ?? Tag.Outside;
        bool same = before.HasTypeOf(after);
        return scheme switch
        {
            TagScheme.Iob1 => after.Prefix != 'B' || (!before.IsOutside && same),
            TagScheme.Iob2 => after.Prefix != 'I' || (!before.IsOutside && same),
            TagScheme.Bioes => before.Prefix is 'B' or 'I' ? after.Prefix is 'I' or 'E' && same : after.Prefix is 'O' or 'B' or 'S',
            _ => true,
        };
    }

    /// <summary>The scheme with its tags, for messages.</summary>
    internal static string Describe(TagScheme scheme) => scheme switch
    {
        TagScheme.Iob1 => "IOB1 (O, I-X, and B-X directly after a span of the same type)",
        TagScheme.Iob2 => "IOB2 (O, B-X, and I-X after B-X or I-X)",
        TagScheme.Bioes => "BIOES (O, S-X, and B-X I-X... E-X)",
        _ => "plain tags",
    };

    private static bool IsKnown(string text, TagScheme scheme) =>
        Tag.TryParse(text) is { } tag && (scheme == TagScheme.Bioes || tag.Prefix is not ('E' or 'S'));

    private static char Prefix(TagScheme scheme, bool first, bool last, bool follows) => scheme switch
    {
        TagScheme.Iob1 => first && follows ? 'B' : 'I',
        TagScheme.Bioes => first ? last ? 'S' : 'B' : last ? 'E' : 'I',
        _ => first ? 'B' : 'I',
    };
}
