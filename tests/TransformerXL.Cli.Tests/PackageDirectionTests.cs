using System.Reflection;
using TransformerXL.Analysis.Context;
using TransformerXL.Compression;
using TransformerXL.Interchange;
using TransformerXL.Server;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Mpi;
using TransformerXL.Training;

namespace TransformerXL.Cli.Tests;

/// <summary>Which packages a package needs: using a model, also in a server, needs the engine and no training, no pickles, no pages.</summary>
public sealed class PackageDirectionTests
{
    public static TheoryData<Type, string[]> Packages => new()
    {
        { typeof(Backend), [] },
        { typeof(MpiCollective), ["Tensors"] },
        { typeof(ModelFolder), ["Tensors"] },
        { typeof(ModelServer), ["Tensors", ""] },
        { typeof(ModelImporter), ["Tensors", ""] },
        { typeof(Trainer), ["Tensors", ""] },
        { typeof(ContextMeasurement), ["Tensors", "", "Training"] },
        { typeof(CompressionResult), ["Tensors", "", "Training"] },
    };

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_needs_only_those_below_it(Type member, string[] allowed)
    {
        Assembly package = member.Assembly;
        IEnumerable<string> needed = package.GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("TransformerXL", StringComparison.Ordinal));
        Assert.Subset(allowed.Select(name => $"TransformerXL.{name}".TrimEnd('.')).ToHashSet(), needed.ToHashSet());
    }
}
