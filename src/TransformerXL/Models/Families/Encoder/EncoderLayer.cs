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
