using TransformerXL.Tensors.Random;
using TransformerXL.Text;

namespace TransformerXL.Training.Masking;

/// <summary>
/// Chooses the tokens of a piece of text that are to be predicted, and what is read instead of them. The choice is a function of seed, epoch and position
/// in the text: nothing is kept from one piece to the next, so that a training goes on exactly.
/// </summary>
internal sealed class Masker
{
    /// <summary>The target of a token that is not predicted.</summary>
    public const int NoTarget = -1;

    private const uint Chosen = 0x6D61736B, Replaced = 0x7265706C, Forced = 0x666F7263;
    private const double Continues = 0.8;
    private const int LongestSpan = 10;
    private static readonly double s_beyond = ShareBeyond();

    private readonly MaskingOptions _options;
    private readonly ulong _seed;
    private readonly int _mask, _randomCount;
    private readonly WordStarts? _words;

    /// <param name="options">The shares.</param>
    /// <param name="vocabulary">The vocabulary, which has a mask.</param>
    /// <param name="seed">Decides all choices.</param>
    /// <exception cref="InputException">The vocabulary has no token for masks.</exception>
    public Masker(MaskingOptions options, Vocabulary vocabulary, ulong seed)
    {
        _mask = vocabulary.MaskId ?? throw new InputException("the vocabulary has no [MASK], which replaces the tokens that an encoder predicts") { Remedies = [new("corpus.vocabulary.addSpecialTokens")] };
        (_options, _seed, _randomCount) = (options, seed, vocabulary is SpecialTokensVocabulary special ? special.Inner.Count : vocabulary.Count);
        _words = options.Unit == MaskUnit.Words ? new WordStarts(vocabulary) : null;
    }

    /// <summary>Masks a piece of text.</summary>
    /// <param name="epoch">The pass over the text, from 1; without effect on static masks.</param>
    /// <param name="position">The place of the first token in the text.</param>
    /// <param name="ids">The tokens; replaced by those that are read.</param>
    /// <param name="targets">Takes the token of each place that is predicted, <see cref="NoTarget"/> for the others; one at least is.</param>
    public void Mask(int epoch, long position, Span<int> ids, Span<int> targets)
    {
        uint pass = _options.IsStatic ? 0 : (uint)epoch;
        targets[..ids.Length].Fill(NoTarget);
        if (_options.Unit == MaskUnit.Words)
        {
            ChooseWords(pass, position, ids, targets);
        }
        else
        {
            ChooseTokens(pass, position, ids, targets);
        }

        if (targets[..ids.Length].IndexOfAnyExcept(NoTarget) < 0)
        {
            (uint place, _, _, _) = Block(pass, position, Forced);
            int forced = (int)(place % (uint)ids.Length);
            targets[forced] = ids[forced];
        }

        for (int i = 0; i < ids.Length; i++)
        {
            if (targets[i] != NoTarget)
            {
                ids[i] = Read(pass, position + i, ids[i]);
            }
        }
    }

    private void ChooseTokens(uint pass, long position, ReadOnlySpan<int> ids, Span<int> targets)
    {
        bool spans = _options.Unit == MaskUnit.Spans;
        for (int i = 0; i < ids.Length; i++)
        {
            // A span may have begun before the piece.
            for (int back = 0; back < (spans ? LongestSpan : 1) && position + i - back >= 0 && targets[i] == NoTarget; back++)
            {
                (uint x, uint length, _, _) = Block(pass, position + i - back, Chosen);
                bool begins = Share(x) < (spans ? SpanRate(_options.Rate) : _options.Rate);
                targets[i] = begins && (!spans || SpanLength(Share(length)) > back) ? ids[i] : NoTarget;
            }
        }
    }

    private void ChooseWords(uint pass, long position, ReadOnlySpan<int> ids, Span<int> targets)
    {
        bool isChosen = false;
        for (int i = 0; i < ids.Length; i++)
        {
            if (i == 0 || _words!.Begins(ids[i - 1], ids[i]))
            {
                isChosen = Share(Block(pass, position + i, Chosen).X0) < _options.Rate;
            }

            targets[i] = isChosen ? ids[i] : NoTarget;
        }
    }

    /// <summary>The token that is read where another one is predicted.</summary>
    private int Read(uint pass, long position, int id)
    {
        (uint share, uint token, _, _) = Block(pass, position, Replaced);
        double drawn = Share(share);
        return drawn < _options.KeptShare ? id : drawn < _options.KeptShare + _options.RandomShare ? (int)(token % (uint)_randomCount) : _mask;
    }

    /// <summary>The probability that a span begins at a token, so that the given share of tokens is in at least one.</summary>
    private static double SpanRate(double rate)
    {
        double mean = 0, probability = 1;
        for (int length = 1; length <= LongestSpan; length++)
        {
            mean += (probability - s_beyond) / (1 - s_beyond);
            probability *= Continues;
        }

        return 1 - Math.Exp(Math.Log(1 - rate) / mean);
    }

    /// <summary>A length of the geometric distribution, of those that are not beyond the longest.</summary>
    internal static int SpanLength(double drawn)
    {
        int length = 1;
        drawn = s_beyond + (drawn * (1 - s_beyond));
        for (double share = Continues; length < LongestSpan && drawn < share; share *= Continues)
        {
            length++;
        }

        return length;
    }

    private static double ShareBeyond()
    {
        double share = 1;
        for (int length = 1; length <= LongestSpan; length++)
        {
            share *= Continues;
        }

        return share;
    }

    private (uint X0, uint X1, uint X2, uint X3) Block(uint pass, long position, uint purpose) =>
        Philox.Block(_seed, (uint)position, (uint)(position >> 32), pass, purpose);

    private static double Share(uint bits) => bits * (1.0 / 4294967296.0);
}
