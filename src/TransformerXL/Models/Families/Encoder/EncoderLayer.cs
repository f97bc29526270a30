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
        return (
            ownQueries is null ? null : Finish(tape, h, _attention.Attend(tape, ownQueries, _attention.KeysValues(tape, normal), content!.Value), query.Dropout),
            Finish(tape, g, _attention.Attend(tape, queries, _attention.KeysValues(tape, normal), query), query.Dropout));
    }

    /// <summary>The rest of the layer after attention.</summary>
    private Variable Finish(Tape tape, Variable h, Variable a, DropoutRates dropout)
    {
        if (_preNorm)
        {
            Variable sum = tape.AddResidual(a, h, dropout.Hidden);
            return tape.AddResidual(_feedForward.Forward(tape, _feedForward.Norm.Forward(tape, sum), dropout.Hidden), sum, dropout.Hidden);
        }

        Variable o = _attention.Norm.Forward(tape, a, h, dropout.Hidden);
        return _feedForward.Norm.Forward(tape, _feedForward.Forward(tape, o, dropout.Hidden), o, dropout.Hidden);
    }

    /// <summary>o = LayerNorm(h + Attention(h~));  LayerNorm(o + FF(o)).</summary>
    private Variable PostNorm(Tape tape, Variable h, Variable context, in EncoderPass pass)
    {
        Variable a = _attention.Forward(tape, h, context, pass);
        Variable o = _attention.Norm.Forward(tape, a, h, pass.Dropout.Hidden);
        tape.RecycleBlock(a, h, context);
        Variable f = _feedForward.Forward(tape, o, pass.Dropout.Hidden);
        Variable y = _feedForward.Norm.Forward(tape, f, o, pass.Dropout.Hidden);
        tape.RecycleBlock(f, o, o);
        return y;
    }

    /// <summary>o = h + Attention(LayerNorm(h~));  o + FF(LayerNorm(o)).</summary>
    private Variable PreNorm(Tape tape, Variable h, Variable context, in EncoderPass pass)
    {
        Variable normal = _attention.Norm.Forward(tape, context);
        Variable a = _attention.Forward(tape, tape.LastRows(normal, h.Shape[0]), normal, pass);
        tape.Recycle(normal);
        Variable o = tape.AddResidual(a, h, pass.Dropout.Hidden);
        tape.RecycleBlock(a, h, context);
        normal = _feedForward.Norm.Forward(tape, o);
        Variable f = _feedForward.Forward(tape, normal, pass.Dropout.Hidden);
        tape.Recycle(normal);
        Variable y = tape.AddResidual(f, o, pass.Dropout.Hidden);
        tape.RecycleBlock(f, o, o);
        return y;
    }
}
