using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Inference;

/// <content>Weights that change while the session reads.</content>
public sealed partial class InferenceSession
{
    private InferenceEngine? _trained;

    /// <summary>Trains the weights of this session on the tokens that it reads; null if the weights are constant.</summary>
    internal SessionLearner? Learner { get; private set; }

    /// <summary>SHA-256 of the weights; of a session that learns, of its initial weights.</summary>
    internal string WeightsFingerprint => (_trained ?? _engine).WeightsFingerprint;

    /// <summary>
    /// The maximum length of the next chunk. A session that learns ends a chunk where the weights take a step, so that every token is predicted by the weights after all earlier segments.
    /// </summary>
    internal int MaxChunk => Learner is null ? Options.MaxSegment : Math.Min(Options.MaxSegment, Learner.Room + (Tokens == 0 ? 1 : 0));

    /// <summary>Uses the weights of a learner, which <see cref="LearnFromLast"/> trains.</summary>
    internal void BeginLearning(SessionLearner learner)
    {
        (Learner, _trained) = (learner, _engine);
        ChangeWeights(learner.Model);
    }

    /// <summary>Trains the weights on the last tokens that were read. The first token of a text has no predecessor and is left out.</summary>
    /// <exception cref="NotFiniteException">Earlier steps were too large; the session cannot be used any more.</exception>
    /// <exception cref="Serving.LearningDivergedException">The steps were too large; the session cannot be used any more.</exception>
    internal void LearnFromLast(int tokens)
    {
        foreach (float value in LastHidden.Span)
        {
            if (!float.IsFinite(value))
            {
                throw new NotFiniteException($"after {Tokens} tokens the hidden state is not finite: {WeightHealth.Describe(Model)}");
            }
        }

        int[] last = _tail!.Last(tokens + 1);
        bool changed = false;
        for (int i = 1; i < last.Length; i++)
        {
            changed |= Learner!.Read(last[i - 1], last[i]);
        }

        if (changed)
        {
            ChangeWeights(Learner!.Model);
        }
    }

    /// <summary>Continues with other weights. The memory keeps the values that the earlier weights computed.</summary>
    internal void ChangeWeights(LanguageModel model)
    {
        using BackendUse use = Backend.Enter();
        ModelState state = model.Configuration.Family.CreateState(model, Backend, Options);
        state.Assign(State);
        (_engine, State) = (new InferenceEngine(model, Backend, new PreparedWeights(Options.Precision, Options.OwnsModel)), state);
    }
}
