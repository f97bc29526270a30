using System.Buffers;
using System.Text;
using System.Text.Json;

namespace TransformerXL.Text;

/// <summary>
/// Another vocabulary and, behind its ids, the special tokens of an encoder: <c>[PAD]</c>, <c>[CLS]</c>, <c>[SEP]</c>, <c>[MASK]</c>. No text gives them: their names
/// in a text are text.
/// </summary>
public sealed class SpecialTokensVocabulary : Vocabulary
{
    /// <summary>The member of <c>vocabulary.json</c> that says that there are special tokens.</summary>
    internal const string Member = "specialTokens";

    private static readonly string[] s_names = [EncoderTokens.Bert.Padding, EncoderTokens.Bert.Class, EncoderTokens.Bert.Separator, EncoderTokens.Bert.Mask];

    /// <summary>Adds the special tokens.</summary>
    /// <param name="inner">The tokens of the text; without special tokens of an encoder.</param>
    /// <exception cref="ArgumentException">The vocabulary has special tokens of its own.</exception>
    public SpecialTokensVocabulary(Vocabulary inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Inner = inner.MaskId is null ? inner : throw new ArgumentException("the vocabulary has a token for masks already", nameof(inner));
    }

    /// <summary>The tokens of the text.</summary>
    public Vocabulary Inner { get; }

    /// <inheritdoc/>
    public override string Kind => Inner.Kind;

    /// <inheritdoc/>
    public override int Count => Inner.Count + s_names.Length;

    /// <inheritdoc/>
    public override string Unit => Inner.Unit;

    /// <inheritdoc/>
    public override int? UnknownId => Inner.UnknownId;

    /// <inheritdoc/>
    public override int? EndOfLineId => Inner.EndOfLineId;

    /// <inheritdoc/>
    public override int? StartOfLineId => Inner.StartOfLineId;

    /// <inheritdoc/>
    public override int? EndOfTextId => Inner.EndOfTextId;

    /// <inheritdoc/>
    public override int? PaddingId => Inner.Count;

    /// <inheritdoc/>
    public override int? ClassId => Inner.Count + 1;

    /// <inheritdoc/>
    public override int? SeparatorId => Inner.Count + 2;

    /// <inheritdoc/>
    public override int? MaskId => Inner.Count + 3;

    /// <inheritdoc/>
    public override bool AcceptsAnyBytes => Inner.AcceptsAnyBytes;

    /// <inheritdoc/>
    public override TokenEncoder CreateEncoder() => Inner.CreateEncoder();

    /// <inheritdoc/>
    public override TokenEncoder CreatePromptEncoder() => Inner.CreatePromptEncoder();

    /// <inheritdoc/>
    public override Vocabulary ReadingSpecialTokensAsText() =>
        Inner.ReadingSpecialTokensAsText() is var inner && inner == Inner ? this : new SpecialTokensVocabulary(inner);

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoder() => new Decoder(this, Inner.CreateDecoder());

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoderAfter(int previous)
    {
        CheckId(previous);
        return new Decoder(this, previous < Inner.Count ? Inner.CreateDecoderAfter(previous) : Inner.CreateDecoder());
    }

    /// <inheritdoc/>
    public override void DecodeUtf8(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (!ids.IsEmpty)
        {
            int count = ids.IndexOfAnyInRange(Inner.Count, int.MaxValue);
            Inner.DecodeUtf8(count < 0 ? ids : ids[..count], output);
            if (count < 0)
            {
                return;
            }

            Encoding.UTF8.GetBytes(Describe(ids[count]), output);
            ids = ids[(count + 1)..];
        }
    }

    /// <inheritdoc/>
    public override string Describe(int id)
    {
        CheckId(id);
        return id < Inner.Count ? Inner.Describe(id) : s_names[id - Inner.Count];
    }

    internal override bool NeedsVersion2 => true;

    internal override bool KeepsText => Inner.KeepsText;

    internal override void WriteContent(Utf8JsonWriter writer)
    {
        writer.WriteBoolean(Member, true);
        Inner.WriteContent(writer);
    }

    private sealed class Decoder(SpecialTokensVocabulary vocabulary, TokenDecoder inner) : TokenDecoder
    {
        public override string Append(int id) => id < vocabulary.Inner.Count ? inner.Append(id) : inner.Flush() + vocabulary.Describe(id);

        public override void Append(int id, IBufferWriter<byte> bytes)
        {
            if (id < vocabulary.Inner.Count)
            {
                inner.Append(id, bytes);
                return;
            }

            Encoding.UTF8.GetBytes(vocabulary.Describe(id), bytes);
        }

        public override string Flush() => inner.Flush();
    }
}
