using TransformerXL.Tensors.Random;
using TransformerXL.Text;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Pieces of a text with a random factorisation order (Yang et al. 2019, section 2.3): the last tokens of the order are predicted, each from the tokens before it. Their ranks are 1, 2, ... in the order; all other
/// tokens have rank 0 and know each other. The order is a function of seed, epoch and position in the text.
/// </summary>
internal sealed class PermutedPieces(TokenFile tokens, Vocabulary vocabulary, Masker masker, MaskingOptions options, int length, ulong seed, bool continues)
    : TextPieces(tokens, vocabulary, masker, length, seed, continues)
{
    private const uint Purpose = 0x6F726465;
    private readonly (ulong Key, int Place)[] _order = new (ulong, int)[length];
    private readonly ulong _seed = seed;

    public override int ExtraRows(int rows) => rows;

    public override int Read(long number, Span<int> ids, Span<int> targets, Span<int> extra)
    {
        extra.Clear();
        return base.Read(number, ids, targets, extra);
    }

    private protected override void Choose(int epoch, long position, Span<int> text, Span<int> targets, Span<int> extra)
    {
        uint pass = options.IsStatic ? 0 : (uint)epoch;
        for (int i = 0; i < text.Length; i++)
        {
            long place = position + i;
            (uint high, uint low, _, _) = Philox.Block(_seed, (uint)place, (uint)(place >> 32), pass, Purpose);
            _order[i] = (((ulong)high << 32) | low, i);
        }

        Array.Sort(_order, 0, text.Length);
        int predicted = Math.Clamp((int)Math.Round(text.Length * options.Rate), 1, text.Length);
        for (int rank = 1; rank <= predicted; rank++)
        {
            int place = _order[text.Length - predicted + rank - 1].Place;
            (targets[place], extra[place]) = (text[place], rank);
        }
    }
}
