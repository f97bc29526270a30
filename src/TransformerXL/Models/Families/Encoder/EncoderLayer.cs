using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>One layer of an encoder: attention, then the feed-forward block, each with residual sum and LayerNorm.</summary>
internal sealed class EncoderLayer
{
    private readonly EncoderAttention _attention;
    private readonly FeedForward _feedForward;
    private readonly bool _preNorm;

    public EncoderLayer(EncoderConfiguration configuration, ParameterSet parameters, int index)
    {
        _attention = new EncoderAttention(configuration, parameters, $"layers.{index}.attention");
        _feedForward = new FeedForward(configuration, parameters, $"layers.{index}.pos_ff");
        _preNorm = configuration.PreNorm;
    }

    /// <summary>h(n) (L, B, d) from h(n-1) and its context h~(n-1) = [SG(m); h], which is h itself without a memory.</summary>
    public Variable Forward(Tape tape, Variable h, Variable context, in EncoderPass pass) =>
        _preNorm ? PreNorm(tape, h, context, pass) : PostNorm(tape, h, context, pass);

    /// <summary>
    /// Both streams of permutation language modelling (Yang et al. 2019, section 2.3), with the same weights: h sees tokens up to its own rank, the query stream g those below it, so that it does not know its own token.
    /// Keys and values are those of h.
    /// </summary>
    /// <param name="tape">The tape.</param>
    /// <param name="h">h(n-1): (L, B, d).</param>
    /// <param name="g">g(n-1): (L, B, d).</param>
    /// <param name="context">h~(n-1): (M + L, B, d).</param>
    /// <param name="content">What h sees; null if h(n) is not needed.</param>
    /// <param name="query">What g sees.</param>
    public (Variable? H, Variable G) ForwardStreams(Tape tape, Variable h, Variable g, Variable context, EncoderPass? content, in EncoderPass query)
    {
        // Attention needs keys and values of its own: its backward pass sets their gradient.
        Variable normal = _preNorm ? _attention.Norm.Forward(tape, context) : context;
        Variable queries = _preNorm ? _attention.Norm.Forward(tape, g) : g;
        Variable? ownQueries = content is null ? null : _preNorm ? tape.LastRows(normal, h.Shape[0]) : h;
        Variable? next = ownQueries is null ? null : Finish(tape, h, _attention.Attend(tape, ownQueries, _attention.KeysValues(tape, normal), content!.Value), query.Dropout);
        return (next, Finish(tape, g, _attention.Attend(tape, queries, _attention.KeysValues(tape, normal), query), query.Dropout));
    }

    /// <summary>h(n) from attention a, whose memory alone is given back: the other stream may still read h.</summary>
    private Variable Finish(Tape tape, Variable h, Variable a, DropoutRates dropout)
    {
        Variable o = AddAttention(tape, h, a, dropout);
        tape.Recycle(a);
        return AddFeedForward(tape, o, dropout);
    }

    /// <summary>o = LayerNorm(h + Attention(h~));  LayerNorm(o + FF(o)).</summary>
    private Variable PostNorm(Tape tape, Variable h, Variable context, in EncoderPass pass)
    {
        Variable a = _attention.Forward(tape, h, context, pass), o = AddAttention(tape, h, a, pass.Dropout);
        tape.RecycleBlock(a, h, context);
        return AddFeedForward(tape, o, pass.Dropout);
    }

    /// <summary>o = h + Attention(LayerNorm(h~));  o + FF(LayerNorm(o)).</summary>
    private Variable PreNorm(Tape tape, Variable h, Variable context, in EncoderPass pass)
    {
        Variable normal = _attention.Norm.Forward(tape, context);
        Variable a = _attention.Forward(tape, tape.LastRows(normal, h.Shape[0]), normal, pass);
        tape.Recycle(normal);
        Variable o = AddAttention(tape, h, a, pass.Dropout);
        tape.RecycleBlock(a, h, context);
        return AddFeedForward(tape, o, pass.Dropout);
    }

    private Variable AddAttention(Tape tape, Variable h, Variable a, DropoutRates dropout) =>
        _preNorm ? tape.AddResidual(a, h, dropout.Hidden) : _attention.Norm.Forward(tape, a, h, dropout.Hidden);

    private Variable AddFeedForward(Tape tape, Variable o, DropoutRates dropout)
    {
        Variable input = _preNorm ? _feedForward.Norm.Forward(tape, o) : o;
        Variable f = _feedForward.Forward(tape, input, dropout.Hidden);
        if (_preNorm)
        {
            tape.Recycle(input);
        }

        Variable y = _preNorm ? tape.AddResidual(f, o, dropout.Hidden) : _feedForward.Norm.Forward(tape, f, o, dropout.Hidden);
        tape.RecycleBlock(f, o, o);
        return y;
    }
}
