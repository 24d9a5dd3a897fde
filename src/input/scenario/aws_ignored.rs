//! AWS's shapes that change nothing in the simulation. Their keys are accepted, so that what `aws batch describe-…` prints can
//! be pasted unchanged, their types are checked, and the report names them once. Words are not checked: AWS adds new ones.

use super::aws_jobs::{
    ConsumableResourceProperties, ContainerOverrides, EksContainerResourceRequirements,
    ResourceRequirement,
};
use super::shape::{Kind, Shape, ignored, shape};
use Kind::{Flag, List, Map, Object, Text};

/// Any whole number.
pub const INTEGER: Kind = Kind::Whole(i64::MIN, i64::MAX);

/// Declares shapes as AWS spells them: `Name { key: kind, … }`.
macro_rules! shapes {
    ($($name:ident { $($key:ident: $kind:expr),* })*) => {$(
        #[allow(non_upper_case_globals, reason = "AWS's own names")]
        #[allow(missing_docs, reason = "AWS's own shapes; see its API reference")]
        pub static $name: Shape = shape(stringify!($name), "", &[$(ignored(stringify!($key), $kind)),*]);
    )*};
}

shapes! {
    Host { sourcePath: Text }
    EFSAuthorizationConfig { accessPointId: Text, iam: Text }
    EFSVolumeConfiguration {
        fileSystemId: Text, rootDirectory: Text, transitEncryption: Text, transitEncryptionPort: INTEGER,
        authorizationConfig: Object(&EFSAuthorizationConfig)
    }
    S3FilesVolumeConfiguration {
        fileSystemArn: Text, rootDirectory: Text, transitEncryptionPort: INTEGER, accessPointArn: Text
    }
    Volume {
        host: Object(&Host), name: Text, efsVolumeConfiguration: Object(&EFSVolumeConfiguration),
        s3filesVolumeConfiguration: Object(&S3FilesVolumeConfiguration)
    }
    KeyValuePair { name: Text, value: Text }
    MountPoint { containerPath: Text, readOnly: Flag, sourceVolume: Text }
    Ulimit { hardLimit: INTEGER, name: Text, softLimit: INTEGER }
    Device { hostPath: Text, containerPath: Text, permissions: List(&Text) }
    Tmpfs { containerPath: Text, size: INTEGER, mountOptions: List(&Text) }
    LinuxParameters {
        devices: List(&Object(&Device)), initProcessEnabled: Flag, sharedMemorySize: INTEGER, tmpfs:
        List(&Object(&Tmpfs)), maxSwap: INTEGER, swappiness: INTEGER
    }
    Secret { name: Text, valueFrom: Text }
    LogConfiguration { logDriver: Text, options: Map(&Text), secretOptions: List(&Object(&Secret)) }
    NetworkConfiguration { assignPublicIp: Text }
    FargatePlatformConfiguration { platformVersion: Text }
    RepositoryCredentials { credentialsParameter: Text }
    TaskContainerDependency { containerName: Text, condition: Text }
    FirelensConfiguration { type: Text, options: Map(&Text) }
    ImagePullSecret { name: Text }
    EksContainerEnvironmentVariable { name: Text, value: Text }
    EksContainerVolumeMount { name: Text, mountPath: Text, subPath: Text, readOnly: Flag }
    EksContainerLinuxCapabilities { add: List(&Text), drop: List(&Text) }
    EksSeccompProfile { type: Text, localhostProfile: Text }
    EksContainerSecurityContext {
        runAsUser: INTEGER, runAsGroup: INTEGER, privileged: Flag, allowPrivilegeEscalation: Flag,
        readOnlyRootFilesystem: Flag, runAsNonRoot: Flag, capabilities:
        Object(&EksContainerLinuxCapabilities), seccompProfile: Object(&EksSeccompProfile)
    }
    EksHostPath { path: Text }
    EksEmptyDir { medium: Text, sizeLimit: Text }
    EksSecret { secretName: Text, optional: Flag }
    EksPersistentVolumeClaim { claimName: Text, readOnly: Flag }
    EksVolume {
        name: Text, hostPath: Object(&EksHostPath), emptyDir: Object(&EksEmptyDir), secret:
        Object(&EksSecret), persistentVolumeClaim: Object(&EksPersistentVolumeClaim)
    }
    EksMetadata { labels: Map(&Text), annotations: Map(&Text), namespace: Text }
    EksPodSecurityContext {
        runAsUser: INTEGER, runAsGroup: INTEGER, runAsNonRoot: Flag, seccompProfile:
        Object(&EksSeccompProfile), fsGroup: INTEGER
    }
    LaunchTemplateSpecificationOverride {
        launchTemplateId: Text, launchTemplateName: Text, version: Text, targetInstanceTypes: List(&Text),
        userdataType: Text
    }
    LaunchTemplateSpecification {
        launchTemplateId: Text, launchTemplateName: Text, version: Text, overrides:
        List(&Object(&LaunchTemplateSpecificationOverride)), userdataType: Text
    }
    Ec2Configuration {
        imageType: Text, imageIdOverride: Text, batchImageStatus: Text, imageKubernetesVersion: Text
    }
    ManagedInstancesNetworkConfiguration { subnets: List(&Text), securityGroups: List(&Text) }
    InstanceRequirementsRequest { allowedInstanceTypes: List(&Text) }
    ManagedInstancesStorageConfiguration { storageSizeGiB: INTEGER }
    CapacityReservationRequest { reservationGroupArn: Text, reservationPreference: Text }
    ManagedInstancesLocalStorageConfiguration { useLocalStorage: Flag }
    InstanceLaunchTemplate {
        ec2InstanceProfileArn: Text, networkConfiguration: Object(&ManagedInstancesNetworkConfiguration),
        instanceRequirements: Object(&InstanceRequirementsRequest), capacityOptionType: Text,
        storageConfiguration: Object(&ManagedInstancesStorageConfiguration), monitoring: Text, fipsEnabled:
        Flag, capacityReservations: Object(&CapacityReservationRequest), instanceMetadataTagsPropagation:
        Flag, localStorageConfiguration: Object(&ManagedInstancesLocalStorageConfiguration)
    }
    InfrastructureOptimization { scaleInAfter: INTEGER }
    ManagedInstancesProvider {
        propagateTags: Text, infrastructureRoleArn: Text, instanceLaunchTemplate:
        Object(&InstanceLaunchTemplate), infrastructureOptimization: Object(&InfrastructureOptimization)
    }
    EksAccessEntry { desiredState: Text, status: Text }
    EksConfiguration { eksClusterArn: Text, kubernetesNamespace: Text, accessEntry: Object(&EksAccessEntry) }
    EcsSettings { containerInsights: Text }
    ServiceEnvironmentOrder { order: INTEGER, serviceEnvironment: Text }
    QuotaSharePolicy { idleResourceAssignmentStrategy: Text }
    TaskContainerOverrides {
        command: List(&Text), environment: List(&Object(&KeyValuePair)), name: Text, resourceRequirements:
        List(&Object(&ResourceRequirement))
    }
    TaskPropertiesOverride { containers: List(&Object(&TaskContainerOverrides)) }
    EcsPropertiesOverride { taskProperties: List(&Object(&TaskPropertiesOverride)) }
    EksContainerOverride {
        name: Text, image: Text, command: List(&Text), args: List(&Text), env:
        List(&Object(&EksContainerEnvironmentVariable)), resources:
        Object(&EksContainerResourceRequirements)
    }
    EksPodPropertiesOverride {
        containers: List(&Object(&EksContainerOverride)), initContainers:
        List(&Object(&EksContainerOverride)), metadata: Object(&EksMetadata)
    }
    EksPropertiesOverride { podProperties: Object(&EksPodPropertiesOverride) }
    NodePropertyOverride {
        targetNodes: Text, containerOverrides: Object(&ContainerOverrides), ecsPropertiesOverride:
        Object(&EcsPropertiesOverride), instanceTypes: List(&Text), eksPropertiesOverride:
        Object(&EksPropertiesOverride), consumableResourcePropertiesOverride:
        Object(&ConsumableResourceProperties)
    }
    InstanceLaunchTemplateUpdate {
        ec2InstanceProfileArn: Text, networkConfiguration: Object(&ManagedInstancesNetworkConfiguration),
        instanceRequirements: Object(&InstanceRequirementsRequest), storageConfiguration:
        Object(&ManagedInstancesStorageConfiguration), monitoring: Text, capacityReservations:
        Object(&CapacityReservationRequest), instanceMetadataTagsPropagation: Flag,
        localStorageConfiguration: Object(&ManagedInstancesLocalStorageConfiguration)
    }
    UpdateManagedInstancesProviderConfiguration {
        propagateTags: Text, infrastructureRoleArn: Text, instanceLaunchTemplate:
        Object(&InstanceLaunchTemplateUpdate), infrastructureOptimization:
        Object(&InfrastructureOptimization)
    }
    EksConfigurationUpdate { accessEntry: Object(&EksAccessEntry) }
}
