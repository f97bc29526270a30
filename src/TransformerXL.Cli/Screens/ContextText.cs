using System.Text.Json;
using TransformerXL.Models;
using TransformerXL.Models.Families;

namespace TransformerXL.Cli.Screens;

/// <summary>The lengths that a model reads with. Recurrent networks have no memory length: their state stands for all text before.</summary>
internal static class ContextText
{
    /// <summary>Such as "segments of 64, memory of 128".</summary>
    public static string Lengths(ModelFamily family, ContextConfiguration context) =>
        $"segments of {context.TargetLength}, {(family.HasMemoryLength ? $"memory of {context.MemoryLength}" : "the state of all text before")}";

    /// <summary>Writes <c>memory_length</c>: null for a model without one.</summary>
    public static void WriteMemoryLength(Utf8JsonWriter json, ModelFamily family, ContextConfiguration context)
    {
        if (family.HasMemoryLength)
        {
            json.WriteNumber("memory_length", context.MemoryLength);
        }
        else
        {
            json.WriteNull("memory_length");
        }
    }
}
