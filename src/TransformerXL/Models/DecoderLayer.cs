using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>One layer: attention over memory and segment, then the feed-forward block, each with residual sum and LayerNorm.</summary>
internal sealed class DecoderLayer
{
    public DecoderLayer(ModelConfiguration configuration, ParameterSet parameters, SharedParameters shared, int index)
    {
        Attention = Attention.Create(configuration, parameters, shared, index);
        FeedForward = new FeedForward(configuration, parameters, $"layers.{index}.pos_ff");
    }

    public Attention Attention { get; }

    public FeedForward FeedForward { get; }

    /// <summary>h(n) from h(n-1) and its context h~(n-1) = [SG(m); h].</summary>
    public Variable Forward(Tape tape, Variable h, Variable context, in LayerPass pass, AttentionTrace? trace) =>
        pass.PreNorm ? PreNorm(tape, h, context, pass, trace) : PostNorm(tape, h, context, pass, trace);

    /// <summary>o = LayerNorm(h + Attention(h~));  LayerNorm(o + FF(o)).</summary>
    private Variable PostNorm(Tape tape, Variable h, Variable context, in LayerPass pass, AttentionTrace? trace)
    {
        Variable a = Attention.Forward(tape, h, context, pass, trace);
        Variable o = Attention.Norm.Forward(tape, a, h, pass.Dropout.Hidden);
        Variable f = FeedForward.Forward(tape, o, pass.Dropout.Hidden);
        return FeedForward.Norm.Forward(tape, f, o, pass.Dropout.Hidden);
    }

    /// <summary>o = h + Attention(LayerNorm(h~));  o + FF(LayerNorm(o)).</summary>
    private Variable PreNorm(Tape tape, Variable h, Variable context, in LayerPass pass, AttentionTrace? trace)
    {
        Variable a = Attention.Forward(tape, h, Attention.Norm.Forward(tape, context), pass, trace);
        Variable o = tape.AddResidual(a, h, pass.Dropout.Hidden);
        Variable f = FeedForward.Forward(tape, FeedForward.Norm.Forward(tape, o), pass.Dropout.Hidden);
        return tape.AddResidual(f, o, pass.Dropout.Hidden);
    }
}
