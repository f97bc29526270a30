using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Training;
using TransformerXL.Training.Schedules;
using Xunit;

namespace TransformerXL.Tests.Training;

public sealed class RecipeTests
{
    private static readonly OptimizerOptions Sgd = new() { Kind = OptimizerKind.Sgd };

    public static TheoryData<TrainingConfiguration, string> Refused => new()
    {
        { With(new OptimizerOptions { Kind = OptimizerKind.Adagrad, Momentum = 0.9 }), "momentum has no meaning for Adagrad" },
        { With(new OptimizerOptions { Kind = OptimizerKind.Lamb, AmsGrad = true }), "AMSGrad has no meaning for Lamb" },
        { With(Sgd with { Moments = MomentPrecision.Bfloat16 }), "a precision of moments has no meaning for Sgd" },
        { With(new OptimizerOptions { Kind = OptimizerKind.Lamb, Moments = MomentPrecision.Bfloat16 }), "a precision of moments has no meaning for Lamb" },
        { With(new OptimizerOptions { Moments = (MomentPrecision)7 }), "precision of moments is 7" },
        { With(new OptimizerOptions { Moments = MomentPrecision.Float8, AmsGrad = true }), "AMSGrad keeps the largest mean of squared gradients" },
        { With(new OptimizerOptions { Moments = MomentPrecision.Float8, Beta2 = 0.9999 }), "but with beta 1 0.9 and beta 2 0.9999 it may be 22.9 times as large" },
        { With(new OptimizerOptions { Moments = MomentPrecision.Float8, Beta1 = 0 }), "but with beta 1 0 and beta 2 0.999 it may be 31.6 times as large" },
        { With(new OptimizerOptions { Moments = MomentPrecision.Float8, Beta2 = 0.8 }), "may be any number of times as large" },
        { With(Sgd) with { Weights = WeightPrecision.Bfloat16 }, "the precision of weights is Bfloat16, which has no meaning for Sgd; Adam and AdamW keep weights in bfloat16" },
        { new TrainingConfiguration { Weights = (WeightPrecision)7 }, "precision of weights is 7" },
        { With(new OptimizerOptions { Kind = OptimizerKind.Muon, Nesterov = true }), "Muon always uses Nesterov momentum; only Sgd has this setting" },
        { With(new OptimizerOptions { Kind = OptimizerKind.Muon, Momentum = 0 }), "momentum is 0, but must be above 0 for Muon" },
        { With(Sgd with { MatrixRate = 2 }), "a rate of matrices has no meaning for Sgd" },
        { With(new OptimizerOptions { Kind = OptimizerKind.Muon, MatrixRate = 0 }), "rate of matrices is 0, but must be above 0" },
        { With(Sgd with { Beta2 = 0.9 }), "beta 2 has no meaning for Sgd" },
        { With(Sgd with { Epsilon = 1e-6 }), "epsilon has no meaning for Sgd" },
        { With(new OptimizerOptions { Nesterov = true }), "Nesterov's step has no meaning for Adam" },
        { With(Sgd with { Nesterov = true }), "Nesterov's step needs a momentum above 0" },
        { With(Sgd with { Nesterov = true, Momentum = 0.9, Dampening = 0.1 }), "Nesterov's step and dampening exclude each other" },
        { With(Sgd with { Dampening = 0.1 }), "dampening has no meaning without momentum" },
        { With(new OptimizerOptions { Epsilon = 0 }), "epsilon is 0, but must be above 0" },
        { With(new OptimizerOptions { Kind = (OptimizerKind)9 }), "optimizer is 9" },
        { new TrainingConfiguration { Schedule = ScheduleKind.Plateau, ValidateEvery = 0 }, "the schedule Plateau follows validations" },
        { new TrainingConfiguration { PlateauPatience = 2 }, "no meaning for the schedule Cosine" },
        { new TrainingConfiguration { InitialDropout = 0.1f }, "an initial dropout needs dropout steps" },
        { new TrainingConfiguration { DropoutSteps = 5 }, "dropout steps are 5, but there is no initial dropout" },
        { new TrainingConfiguration { KeepCount = 5 }, "kept checkpoints are 5" },
        { new TrainingConfiguration { Patience = 2, ValidateEvery = 0 }, "patience is 2 validations" },
        { new TrainingConfiguration { DecayExclusions = (DecayExclusions)8 }, "decay exclusions are 8" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Values_that_do_not_go_together_are_named(TrainingConfiguration training, string message) =>
        Assert.Contains(message, Assert.Throws<InputException>(training.Validate).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("r_w_bias", DecayExclusions.Biases)]
    [InlineData("layers.0.pos_ff.CoreNet.0.bias", DecayExclusions.Biases)]
    [InlineData("crit.out_layers.0.bias", DecayExclusions.Biases)]
    [InlineData("rnn.bias_ih_l0", DecayExclusions.Biases)]
    [InlineData("layers.0.dec_attn.layer_norm.bias", DecayExclusions.Norms)]
    [InlineData("layers.0.pos_ff.layer_norm.weight", DecayExclusions.Norms)]
    [InlineData("word_emb.emb_layers.0.weight", DecayExclusions.Embeddings)]
    [InlineData("word_emb.emb_projs.0", DecayExclusions.Embeddings)]
    [InlineData("r_emb", DecayExclusions.Embeddings)]
    [InlineData("layers.0.dec_attn.qkv_net.weight", DecayExclusions.None)]
    [InlineData("crit.out_layers.0.weight", DecayExclusions.None)]
    public void Decay_leaves_a_parameter_alone_by_what_it_is(string name, DecayExclusions group)
    {
        Parameter parameter = Named(name);
        foreach (DecayExclusions excluded in new[] { DecayExclusions.Biases, DecayExclusions.Norms, DecayExclusions.Embeddings })
        {
            Assert.Equal(excluded != group, ParameterGroups.Decays(parameter, excluded));
        }

        Assert.Equal(group != DecayExclusions.Embeddings, ParameterGroups.IsNoEmbedding(parameter));
    }

    [Theory]
    [InlineData("layers.0.dec_attn.qkv_net.weight", 3)]
    [InlineData("layers.0.dec_attn.kv_net.weight", 2)]
    [InlineData("layers.0.dec_attn.q_net.weight", 1)]
    [InlineData("layers.0.dec_attn.r_net.weight", 1)]
    [InlineData("layers.0.dec_attn.o_net.weight", 1)]
    [InlineData("layers.3.pos_ff.CoreNet.3.weight", 1)]
    [InlineData("rnn.weight_ih_l0", 4)]
    [InlineData("rnn.weight_hh_l1", 4)]
    [InlineData("r_w_bias", 0)]
    [InlineData("layers.0.dec_attn.r_r_bias", 0)]
    [InlineData("word_emb.emb_layers.0.weight", 0)]
    [InlineData("word_emb.emb_projs.1", 0)]
    [InlineData("crit.out_layers.0.weight", 0)]
    [InlineData("crit.out_projs.2", 0)]
    [InlineData("crit.cluster_weight", 0)]
    public void Muon_takes_the_matrices_of_layers(string name, int count) =>
        Assert.Equal(count, ParameterGroups.HiddenMatrices(Named(name)));

    [Fact]
    public void A_final_norm_is_a_norm() => Assert.False(ParameterGroups.Decays(Named("final_norm.weight"), DecayExclusions.Norms));

    /// <summary>The parameter of that name in a small model that has it.</summary>
    private static Parameter Named(string name) => Kinds.All
        .SelectMany(kind => new[] { false, true }.Select(variant => LanguageModel.Create(new TransformerXLConfiguration
        {
            VocabularySize = 20,
            Layers = 4,
            ModelSize = 8,
            Heads = 2,
            EmbeddingSize = Kinds.IsRecurrent(kind) ? 0 : 6,
            TieWeights = false,
            Cutoffs = [5, 10],
            EmbeddingDivisor = variant ? 2 : 1,
            UntieBiases = variant,
            PreNorm = true,
            FinalNorm = true,
        }.As(kind, rows: 3))))
        .SelectMany(model => model.Parameters)
        .First(parameter => parameter.Name == name);

    private static TrainingConfiguration With(OptimizerOptions optimizer) => new() { Optimizer = optimizer };
}
